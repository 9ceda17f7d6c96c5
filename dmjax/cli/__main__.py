"""`python -m dmjax.cli`."""

from dmjax.cli import main

main()
