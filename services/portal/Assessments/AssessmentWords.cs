using Fabrique.Territories.V1;

namespace Fabrique.Portal.Assessments;

/// <summary>What pages call the parts of an assessment, and where they are.</summary>
internal static class AssessmentWords
{
    public const string Home = "/mon-territoire/auto-evaluation";

    /// <summary>The territory that a page is about: the one its address names, or the visitor's first.</summary>
    public static string Territory(HttpContext http, string? chosen) =>
        chosen ?? (http.User.WritableTerritories() is [var first, ..] ? first : "");

    /// <summary>Whether the visitor leads the delegation of a territory.</summary>
    public static bool Leads(HttpContext http, string territory) =>
        http.User.Grants().Any(grant => grant.Role == Grant.Referent && grant.Scope == territory);

    /// <summary>The page of one axis of a family's sheet.</summary>
    public static string Axis(string territory, string family, string principle) =>
        To($"{Home}/fiche/{principle.ToLowerInvariant()}?territoire={territory}&famille={family}");

    public static string Snapshot(AssessmentSnapshot snapshot) => To($"{Home}/instantanes/{snapshot.Id}?territoire={snapshot.Territory}");

    public static string Family(string family) => Show.Capital(Vocabulary.Role4F.Label(family));

    extension(Questionnaire questionnaire)
    {
        public Question? Question(string code) =>
            questionnaire.Axes.SelectMany(axis => axis.Questions).FirstOrDefault(question => question.Code == code);

        /// <summary>The words of an answer; its code where this version does not know it.</summary>
        public string Label(string answer) => questionnaire.Choices().FirstOrDefault(choice => choice.Code == answer)?.Label ?? answer;

        public IEnumerable<QuestionnaireChoice> Choices() => questionnaire.Steps.Concat(questionnaire.Others);
    }

    /// <summary>The answer to one question; null where there is none.</summary>
    public static AssessmentAnswer? Of(this AssessmentSheet sheet, string question) =>
        sheet.Answers.FirstOrDefault(answer => answer.Question == question);

    /// <summary>How many questions of an axis have an answer.</summary>
    public static int Answered(this AssessmentSheet? sheet, QuestionnaireAxis axis) =>
        axis.Questions.Count(question => sheet?.Of(question.Code)?.Answer is { Length: > 0 });
}
