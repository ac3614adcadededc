using Fabrique.Site.Exports;
using Fabrique.Territories.V1;
using Google.Protobuf;

namespace Fabrique.Portal.Assessments;

/// <summary>
/// A snapshot of a territory's assessment, for whoever may read it: a line for each answer, or as the service answers it.
/// </summary>
internal static class SnapshotExports
{
    private static readonly Sheet<Line> Sheet = new(
        "auto-evaluation",
        [
            ("territoire_code", line => line.Snapshot.Territory),
            ("date", line => line.Snapshot.FrozenOn),
            ("questionnaire", line => line.Snapshot.Questionnaire),
            ("axe", line => line.Axis.Principle),
            ("question_code", line => line.Question.Code),
            ("question", line => line.Question.Text),
            ("famille", line => line.Sheet.Family),
            ("reponse_code", line => line.Said.Answer),
            ("reponse", line => line.Label),
            ("ce_qui_le_montre", line => line.Said.Evidence),
        ]
    );

    public static void MapSnapshotExports(this WebApplication app)
    {
        Map("csv", SheetTypes.Csv, (snapshot, questionnaire, http) =>
            Sheet.WriteCsvAsync(http.Response.Body, Lines(snapshot, questionnaire).ToAsyncEnumerable(), http.RequestAborted)
        );
        Map("ods", SheetTypes.Ods, (snapshot, questionnaire, http) =>
            Sheet.WriteOdsAsync(http.Response.Body, Lines(snapshot, questionnaire).ToAsyncEnumerable(), http.RequestAborted)
        );
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

    private static IEnumerable<Line> Lines(AssessmentSnapshot snapshot, Questionnaire questionnaire) =>
        from axis in questionnaire.Axes
        from question in axis.Questions
        from sheet in snapshot.Sheets
        let said = sheet.Of(question.Code)
        where said is not null
        select new Line(snapshot, axis, question, sheet, said, questionnaire.Label(said.Answer));

    private sealed record Line(
        AssessmentSnapshot Snapshot,
        QuestionnaireAxis Axis,
        Question Question,
        AssessmentSheet Sheet,
        AssessmentAnswer Said,
        string Label
    );
}
