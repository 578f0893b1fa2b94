"""Checking, running and watching: from a body to what lies in its results folder."""
