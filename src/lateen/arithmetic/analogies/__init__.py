"""Analogy tests: questions from files, five methods, and what they reach on a vocabulary.

The methods are compiled when they are first needed: `asking` and `measuring` are imported by who asks.
"""

from lateen.arithmetic.analogies.questions import Pair, QuestionSet, Section
from lateen.arithmetic.analogies.reading import read_questions
from lateen.arithmetic.analogies.scores import Measured, Part, Score

__all__ = ["Measured", "Pair", "Part", "QuestionSet", "Score", "Section", "read_questions"]
