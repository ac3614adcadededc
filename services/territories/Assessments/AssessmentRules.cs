using System.Globalization;
using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>
/// How a territory looks at itself. Each family of actors fills a sheet of its own; two families see each other's answers once both have
/// submitted theirs, so that neither leans on the other. What is frozen stays as it was.
/// </summary>
internal static class AssessmentRules
{
    public const int MostSnapshots = 50;
    private const int MaxEvidence = 600;

    /// <summary>The assessment with the answers of one axis in the sheet of a family; null when that changes nothing.</summary>
    /// <param name="current">Null when none was begun.</param>
    /// <param name="territory">Official code.</param>
    /// <param name="questionnaire">The one that the sheets answer.</param>
    /// <param name="told">What was sent.</param>
    /// <param name="version">The version that the sheet gets: that of the record which is about to be written, so that it never comes
    /// twice.</param>
    /// <param name="today">The day it is.</param>
    /// <exception cref="Refusal">Stale, submitted already, or wrong.</exception>
    public static Assessment? Saved(
        Assessment? current,
        string territory,
        Questionnaire questionnaire,
        SaveSheetRequest told,
        long version,
        DateOnly today
    )
    {
        var before = current?.Sheet(told.Family) ?? new AssessmentSheet { Family = told.Family };
        if (before.IsSubmitted)
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "SHEET_SUBMITTED",
                $"La fiche de votre famille est déjà envoyée : reprenez-la avant de la corriger. Rien n’a été enregistré."
            );
        }
        before.Demand(told.Version, told.Questionnaire == questionnaire.Version);
        var axis = questionnaire.Axes.FirstOrDefault(axis => axis.Principle == told.Principle)
            ?? throw Refusal.Invalid("principle", $"Le questionnaire n’a pas cet axe.");
        Refuse(
            told.Answers.SelectMany((answer, at) => Wrong(questionnaire, axis, answer, at))
                .Concat(
                    Rule(
                        "answers",
                        told.Answers.DistinctBy(answer => answer.Question).Count() < told.Answers.Count,
                        $"Une question n’a qu’une réponse."
                    )
                )
        );

        var answers = before
            .Answers.Where(answer => axis.Questions.All(question => question.Code != answer.Question))
            .Concat(told.Answers.Where(answer => answer.Answer.Length > 0 || answer.Evidence.Length > 0))
            .ToDictionary(answer => answer.Question);
        var sheet = new AssessmentSheet(before) { Version = version };
        sheet.Answers.Clear();
        sheet.Answers.AddRange(
            questionnaire
                .Questions()
                .Where(question => answers.ContainsKey(question.Code))
                .Select(question => answers[question.Code].Clone())
        );
        if (sheet.Answers.Equals(before.Answers))
        {
            return before.Version > 0 ? null : throw Refusal.Invalid("answers", $"Répondez à une question au moins.");
        }
        var next = current?.Clone() ?? new Assessment { Territory = territory };
        if (next.Sheets.Count == 0)
        {
            (next.Questionnaire, next.StartedOn) = (questionnaire.Version, Day(today));
        }
        return next.With(sheet);
    }

    extension(Assessment assessment)
    {
        /// <summary>The sheet of a family; null when it was not begun.</summary>
        public AssessmentSheet? Sheet(string family) => assessment.Sheets.FirstOrDefault(sheet => sheet.Family == family);

        /// <summary>The assessment once a family has submitted its sheet; null when it had already.</summary>
        public Assessment? Submitted(Questionnaire questionnaire, string family, long seen, long version, DateOnly today)
        {
            var before = assessment.Sheet(family) ?? throw NotBegun();
            if (before.IsSubmitted)
            {
                return null;
            }
            before.Demand(seen, true);
            var answered = before.Answers.Where(answer => answer.Answer.Length > 0).Select(answer => answer.Question).ToHashSet();
            Refuse(
                questionnaire
                    .Questions()
                    .SelectMany(question =>
                        Rule(question.Code, !answered.Contains(question.Code), $"Choisissez une réponse ; « je ne sais pas » en est une.")
                    )
            );
            return assessment.Clone().With(new(before) { SubmittedOn = Day(today), Version = version });
        }

        /// <summary>The assessment once a family has taken its sheet back; null when it was not submitted.</summary>
        public Assessment? Reopened(string family, long version)
        {
            var before = assessment.Sheet(family) ?? throw NotBegun();
            return before.IsSubmitted ? assessment.Clone().With(new(before) { SubmittedOn = "", Version = version }) : null;
        }

        /// <summary>The assessment without any sheet; null when it has none.</summary>
        public Assessment? Restarted() => assessment.Sheets.Count == 0 ? null : new Assessment { Territory = assessment.Territory };

        /// <summary>
        /// What people who stand for these families see: their own sheets, and those of others once both were submitted. Of the rest, only
        /// that it was begun or submitted.
        /// </summary>
        public Assessment SeenBy(IReadOnlyCollection<string> families)
        {
            var seen = assessment.Clone();
            var shows = seen.Sheets.Any(sheet => sheet.IsSubmitted && families.Contains(sheet.Family));
            foreach (var sheet in seen.Sheets.Where(sheet => !families.Contains(sheet.Family)))
            {
                sheet.Version = 0;
                if (!shows || !sheet.IsSubmitted)
                {
                    sheet.Answers.Clear();
                }
            }
            return seen;
        }

        /// <summary>The submitted sheets, as they are on this day.</summary>
        public AssessmentSnapshot Frozen(string id, DateOnly today)
        {
            var submitted = assessment
                .Sheets.Where(sheet => sheet.IsSubmitted)
                .Select(sheet => new AssessmentSheet(sheet) { Version = 0 })
                .ToList();
            return submitted.Count > 0
                ? new()
                {
                    Id = id,
                    Territory = assessment.Territory,
                    Questionnaire = assessment.Questionnaire,
                    FrozenOn = Day(today),
                    Sheets = { submitted },
                }
                : throw new Refusal(
                    StatusCode.FailedPrecondition,
                    "NOTHING_SUBMITTED",
                    $"Aucune famille n’a encore envoyé sa fiche : il n’y a rien à garder."
                );
        }

        private Assessment With(AssessmentSheet sheet)
        {
            var sheets = assessment.Sheets.Where(other => other.Family != sheet.Family).Append(sheet).ToLookup(each => each.Family);
            assessment.Sheets.Clear();
            assessment.Sheets.AddRange(Vocabulary.Role4F.Codes.SelectMany(family => sheets[family]));
            return assessment;
        }
    }

    extension(AssessmentSnapshot snapshot)
    {
        /// <summary>Whether it was erased by a release that left an empty one in its place.</summary>
        public bool IsEmptied => snapshot.FrozenOn.Length == 0;

        /// <summary>
        /// Without answers for people whose families have neither a sheet in it nor submitted one since: theirs is to come first.
        /// </summary>
        /// <param name="families">For which they stand.</param>
        /// <param name="assessment">The territory's, as it is now; null for none.</param>
        public AssessmentSnapshot SeenBy(IReadOnlyCollection<string> families, Assessment? assessment) =>
            snapshot.Sheets.Concat(assessment?.Sheets ?? []).Any(sheet => sheet.IsSubmitted && families.Contains(sheet.Family))
                ? snapshot.Clone()
                : snapshot.Head();

        /// <summary>When it was frozen and who answered, without the answers.</summary>
        public AssessmentSnapshot Head()
        {
            var head = snapshot.Clone();
            foreach (var sheet in head.Sheets)
            {
                sheet.Answers.Clear();
            }
            return head;
        }

        /// <summary>Open to facilitators from a day on, or to the delegation only; null when it is so.</summary>
        public AssessmentSnapshot? Opened(bool open, DateOnly today) =>
            open == snapshot.OpenedOn.Length > 0 ? null : new AssessmentSnapshot(snapshot) { OpenedOn = open ? Day(today) : "" };
    }

    extension(AssessmentSheet sheet)
    {
        public bool IsSubmitted => sheet.SubmittedOn.Length > 0;

        private void Demand(long seen, bool sameQuestions)
        {
            if (seen != sheet.Version || !sameQuestions)
            {
                throw Conflict.StaleVersion(
                    $"Quelqu’un de votre famille a modifié cette fiche entre-temps. Vos réponses n’ont pas été enregistrées : comparez, puis enregistrez de nouveau.",
                    sheet.Version
                );
            }
        }
    }

    /// <summary>All questions, in order.</summary>
    public static IEnumerable<Question> Questions(this Questionnaire questionnaire) =>
        questionnaire.Axes.SelectMany(axis => axis.Questions);

    private static IEnumerable<FieldError> Wrong(Questionnaire questionnaire, QuestionnaireAxis axis, AssessmentAnswer answer, int at) =>
        [
            .. Rule(
                $"answers[{at}].question",
                axis.Questions.All(question => question.Code != answer.Question),
                $"Cette question n’est pas de cet axe."
            ),
            .. Rule(
                $"answers[{at}].answer",
                answer.Answer.Length > 0 && questionnaire.Steps.Concat(questionnaire.Others).All(choice => choice.Code != answer.Answer),
                $"Choisissez une des réponses proposées."
            ),
            .. Rule(
                $"answers[{at}].evidence",
                answer.Evidence.Length > MaxEvidence,
                $"Ce texte est trop long : {MaxEvidence} caractères au plus, il en a {answer.Evidence.Length}."
            ),
        ];

    private static Refusal NotBegun() => Refusal.NotFound($"Votre famille n’a pas encore commencé sa fiche.");

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
