"""Analogy tests: questions from files, five methods, and what they reach on a vocabulary.

What happens to a set, file by file: `reading` makes a `QuestionSet` of it, `resolved` finds its words in the
vocabulary, `asking` makes columns of the questions by the methods (`add`, `mul`, `pair`, `avg`, `lrcos`), `passes`
goes over the vocabulary once (`products` of words, `kernels` over columns), `exact` settles what rounding leaves in
doubt, and `measuring` counts, with the `interval`. From `asking` on they are compiled when they are first needed, so
who asks imports them.
"""

from lateen.arithmetic.analogies.questions import Pair, QuestionSet, Section
from lateen.arithmetic.analogies.reading import read_questions
from lateen.arithmetic.analogies.scores import Measured, Part, Score

__all__ = ["Measured", "Pair", "Part", "QuestionSet", "Score", "Section", "read_questions"]
