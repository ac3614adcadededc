using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What answers say beside each other: how far apart families are, and what changed in time. Never how much in all.</summary>
internal static class AnswerRules
{
    extension(Questionnaire questionnaire)
    {
        /// <summary>Where families differ, the widest differences first; nothing with fewer than two that can be seen.</summary>
        public IEnumerable<AnswerComparison> Compare(IEnumerable<AssessmentSheet> sheets)
        {
            var seen = sheets.Where(sheet => sheet.IsSubmitted && sheet.Answers.Count > 0).Select(ByQuestion).ToList();
            return seen.Count < 2
                ? []
                : questionnaire
                    .Questions()
                    .Select(question =>
                        (question.Code, Answers: seen.Select(answers => answers.GetValueOrDefault(question.Code)?.Answer ?? "").ToList())
                    )
                    .Select(said => (said.Code, Gap: questionnaire.Gap(said.Answers, out var steps), Steps: steps))
                    .OrderBy(said => said.Gap)
                    .ThenByDescending(said => said.Steps)
                    .Select(said => new AnswerComparison { Question = said.Code, Gap = said.Gap });
        }

        /// <summary>What families that answered both times say differently.</summary>
        public IEnumerable<AnswerChange> Changes(IEnumerable<AssessmentSheet> before, IEnumerable<AssessmentSheet> after)
        {
            var families = before
                .Join(
                    after,
                    sheet => sheet.Family,
                    sheet => sheet.Family,
                    (earlier, later) => (later.Family, Before: ByQuestion(earlier), After: ByQuestion(later))
                )
                .ToList();
            return
            [
                .. from question in questionnaire.Questions()
                from family in families
                let was = family.Before.GetValueOrDefault(question.Code)?.Answer ?? ""
                let now = family.After.GetValueOrDefault(question.Code)?.Answer ?? ""
                where was.Length > 0 && now.Length > 0 && was != now
                select new AnswerChange
                {
                    Question = question.Code,
                    Family = family.Family,
                    Move = questionnaire.Move(was, now),
                },
            ];
        }

        /// <summary>Which step an answer is; −1 for one that is on none.</summary>
        private int Step(string answer) => questionnaire.Steps.Select(step => step.Code).ToList().IndexOf(answer);

        private AnswerGap Gap(List<string> answers, out int steps)
        {
            var on = answers.Select(questionnaire.Step).Where(step => step >= 0).ToList();
            steps = on.Count > 0 ? on.Max() - on.Min() : 0;
            return steps >= 2 ? AnswerGap.Wide
                : on.Count < answers.Count && answers.Distinct().Count() > 1 ? AnswerGap.Unsure
                : steps == 1 ? AnswerGap.Near
                : AnswerGap.None;
        }

        private AnswerMove Move(string was, string now) =>
            (questionnaire.Step(was), questionnaire.Step(now)) switch
            {
                (< 0, _) or (_, < 0) => AnswerMove.Other,
                var (from, to) => to > from ? AnswerMove.Forward : AnswerMove.Back,
            };
    }

    private static Dictionary<string, AssessmentAnswer> ByQuestion(AssessmentSheet sheet) =>
        sheet.Answers.ToDictionary(answer => answer.Question);
}
