/** A reply with everything that one may want to read: formulas, code, a table, lists. */
export const READING = String.raw`### A line through points

For points $(x_i, y_i)$ with $i = 1, \dots, n$ we look for $\hat\beta \in \mathbb{R}^p$ that makes the residuals small; at $5 to $10 an hour of computing that is cheap. In a line of its own:

$$
\hat\beta = \operatorname*{arg\,min}_{\beta} \sum_{i=1}^{n} \left( y_i - x_i^\top \beta \right)^2
          = (X^\top X)^{-1} X^\top y
$$

1. The **residual** is $e_i = y_i - \hat y_i$.
2. Its variance is estimated by \(\hat\sigma^2 = \frac{1}{n - p} \sum_i e_i^2\).
   - If $\mathbf{X}$ has full rank, $\hat\beta$ is unique.
   - Otherwise look at the singular values:

     \[
     X = U \Sigma V^\top, \qquad
     \Sigma = \begin{pmatrix} \sigma_1 & 0 \\ 0 & \sigma_2 \end{pmatrix}
     \]

| | estimate | $\sqrt{\operatorname{Var}}$ |
|--|--:|--:|
| $\beta_0$ | 1.24 | 0.31 |
| $\beta_1$ | −0.07 | 0.02 |

$$
\begin{aligned}
f(x) &= \int_{-\infty}^{x} \frac{1}{\sqrt{2\pi}} e^{-t^2/2} \, dt \\
|x|  &= \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}
\end{aligned}
$$

~~~python
import numpy as np

@timed
def fit(X: np.ndarray, y: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """Least squares, with a ridge if asked."""
    n, p = X.shape  # rows, columns
    if ridge < 0 or not np.isfinite(ridge):
        raise ValueError(f"ridge must be at least 0, not {ridge!r}")
    return np.linalg.solve(X.T @ X + ridge * np.eye(p), X.T @ y)
~~~

~~~r
fit <- lm(y ~ x, data = points) # the same in R
summary(fit)$coefficients["x", "Estimate"]
~~~

~~~sql
SELECT region, avg(amount) AS mean FROM sales WHERE year >= 2020 GROUP BY region; -- by region
~~~

~~~diff
-beta = inv(X.T @ X) @ X.T @ y
+beta = solve(X.T @ X, X.T @ y)
~~~

A formula that cannot be laid out stays as it was written: $\nosuchcommand{x}$.`;
