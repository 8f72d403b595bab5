"""Foresight: the requests that the tests of a problem make of any answer, known before there is one."""
