using CsvHelper;
using Fabrique.Territories.V1;
using Google.Protobuf;

namespace Fabrique.Portal.Assessments;

/// <summary>A snapshot of a territory's assessment, for whoever may read it: a line for each answer, or as the service answers it.</summary>
internal static class SnapshotExports
{
    // The names of the columns are for programs, and never change.
    private static readonly string[] Columns =
    [
        "territoire_code",
        "date",
        "questionnaire",
        "axe",
        "question_code",
        "question",
        "famille",
        "reponse_code",
        "reponse",
        "ce_qui_le_montre",
    ];

    public static void MapSnapshotExports(this WebApplication app)
    {
        Map("csv", "text/csv; charset=utf-8", WriteCsvAsync);
        Map("json", "application/json", (snapshot, _, http) =>
            http.Response.WriteAsync(JsonFormatter.Default.Format(snapshot), http.RequestAborted)
        );

        void Map(string format, string type, Func<AssessmentSnapshot, Questionnaire, HttpContext, Task> write) =>
            app.MapGet(
                $"{AssessmentWords.Home}/instantanes/{{id:guid}}.{format}",
                async (Guid id, string? territoire, HttpContext http, AssessmentService.AssessmentServiceClient assessments) =>
                {
                    var answer = await assessments.GetSnapshotAsync(new() { Territory = territoire ?? "", Id = $"{id}" }).Answer();
                    if (answer.Value is not { Snapshot: var snapshot })
                    {
                        http.Response.StatusCode = answer.StatusCode;
                        return;
                    }
                    var questions = await assessments.GetQuestionnaireAsync(new() { Version = snapshot.Questionnaire }).Answer();
                    if (questions.Value is not { Questionnaire: var questionnaire })
                    {
                        http.Response.StatusCode = questions.StatusCode;
                        return;
                    }
                    http.Response.ContentType = type;
                    http.Response.Headers.CacheControl = "no-store, private";
                    http.Response.Headers.ContentDisposition =
                        $"attachment; filename=\"auto-evaluation-{snapshot.Territory}-{snapshot.FrozenOn}.{format}\"";
                    await write(snapshot, questionnaire, http);
                }
            );
    }

    private static async Task WriteCsvAsync(AssessmentSnapshot snapshot, Questionnaire questionnaire, HttpContext http)
    {
        // A text that begins like a formula stays a text.
        await using var csv = CsvWriter.Create(
            http.Response.Body,
            new CsvWriterOptions { Injection = CsvInjection.Escape, WriteByteOrderMark = true },
            leaveOpen: true
        );
        await csv.WriteRecordAsync([.. Columns], http.RequestAborted);
        foreach (var (axis, question) in questionnaire.Axes.SelectMany(axis => axis.Questions.Select(question => (axis, question))))
        {
            foreach (var (sheet, said) in snapshot.Sheets.Select(sheet => (sheet, sheet.Of(question.Code))))
            {
                if (said is not null)
                {
                    await csv.WriteRecordAsync(
                        [
                            snapshot.Territory,
                            snapshot.FrozenOn,
                            snapshot.Questionnaire,
                            axis.Principle,
                            question.Code,
                            question.Text,
                            sheet.Family,
                            said.Answer,
                            questionnaire.Label(said.Answer),
                            said.Evidence,
                        ],
                        http.RequestAborted
                    );
                }
            }
        }
    }
}
