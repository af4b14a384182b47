"""A scenario before a class sees it: is it sound, what happens in it turn by turn, does it keep its promises."""
