using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Territories;

/// <summary>How a family fills its sheet, submits it and takes it back.</summary>
internal sealed partial class AssessmentsGrpc
{
    public override async Task<SaveSheetResponse> SaveSheet(SaveSheetRequest request, ServerCallContext context)
    {
        var sheet = await WriteSheetAsync(request.Territory, request.Family, "answered", context, (territory, current, version) =>
            AssessmentRules.Saved(current, territory, questionnaires.Of(current), request, version, Today)
        );
        return new SaveSheetResponse { Sheet = sheet };
    }

    public override async Task<SubmitSheetResponse> SubmitSheet(SubmitSheetRequest request, ServerCallContext context)
    {
        var sheet = await WriteSheetAsync(request.Territory, request.Family, "submitted", context, (territory, current, version) =>
            (current ?? new() { Territory = territory }).Submitted(
                questionnaires.Of(current),
                request.Family,
                request.Version,
                version,
                Today
            )
        );
        return new SubmitSheetResponse { Sheet = sheet };
    }

    public override async Task<ReopenSheetResponse> ReopenSheet(ReopenSheetRequest request, ServerCallContext context)
    {
        var sheet = await WriteSheetAsync(request.Territory, request.Family, "reopened", context, (territory, current, version) =>
            (current ?? new() { Territory = territory }).Reopened(request.Family, version)
        );
        return new ReopenSheetResponse { Sheet = sheet };
    }

    public override async Task<RestartAssessmentResponse> RestartAssessment(RestartAssessmentRequest request, ServerCallContext context)
    {
        var territory = Demanded(request.Territory, context);
        var written = await writes.ChangeAsync(Kinds.Assessment, territory, 0, "restarted", assessment => assessment.Restarted(), context);
        return new RestartAssessmentResponse
        {
            Assessment = new(written.Body) { Questionnaire = questionnaires.Latest, Record = written.Info },
        };
    }

    /// <summary>Writes the sheet of a family for which the caller stands.</summary>
    private async Task<AssessmentSheet> WriteSheetAsync(
        string code,
        string family,
        string word,
        ServerCallContext context,
        Func<string, Assessment?, long, Assessment?> decide
    )
    {
        var territory = Demanded(code, context);
        if (!Families(territory, context).Contains(family))
        {
            throw new Refusal(
                StatusCode.PermissionDenied,
                "NOT_YOUR_FAMILY",
                $"Vous ne remplissez que la fiche de la famille d’acteurs pour laquelle vous êtes dans la délégation."
            );
        }
        var verb = new Verb<TerritoriesDb, Assessment>(word, writing =>
            ValueTask.FromResult(decide(territory, writing.Current?.Body, writing.NextVersion))
        )
        {
            Creates = true,
            For = territory,
        };
        return (await writes.ChangeAsync(Kinds.Assessment, territory, verb, context)).Body.Sheet(family)!;
    }
}
