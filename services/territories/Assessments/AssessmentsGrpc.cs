using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The contract of assessments. The writes are in the files that bear their names.</summary>
internal sealed partial class AssessmentsGrpc(
    RecordStore<TerritoriesDb> records,
    Writes<TerritoriesDb> writes,
    IDbContextFactory<TerritoriesDb> databases,
    OfficialDirectory directory,
    Questionnaires questionnaires,
    TimeProvider clock
) : AssessmentService.AssessmentServiceBase
{
    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public override Task<GetQuestionnaireResponse> GetQuestionnaire(GetQuestionnaireRequest request, ServerCallContext context) =>
        Task.FromResult(
            new GetQuestionnaireResponse
            {
                Questionnaire = questionnaires.Find(request.Version)
                    ?? throw Refusal.NotFound($"Cette version du questionnaire n’existe pas."),
            }
        );

    public override async Task<GetAssessmentResponse> GetAssessment(GetAssessmentRequest request, ServerCallContext context)
    {
        var territory = Demanded(request.Territory, context);
        var found = await records.FindAsync<Assessment>(territory, context.CancellationToken);
        var families = Families(territory, context);
        var questionnaire = questionnaires.Of(found?.Body);
        var seen = (found?.Body ?? new() { Territory = territory }).SeenBy(families);
        // An assessment that nobody began, or that begins anew, is one of the latest questions.
        (seen.Questionnaire, seen.Record) = (questionnaire.Version, found?.Info);
        return new GetAssessmentResponse
        {
            Assessment = seen,
            Families = { families },
            Comparisons = { questionnaire.Compare(seen.Sheets) },
        };
    }

    /// <summary>
    /// The territory, if the caller has the right of the call there. A former code is another name of the same territory.
    /// </summary>
    private string Demanded(string code, ServerCallContext context)
    {
        var territory = directory.Find(code)?.Id;
        context.Demand(territory ?? code);
        return territory ?? throw Refusal.NotFound($"Aucun territoire ne porte ce code.");
    }

    /// <summary>The families for which the caller stands in a territory.</summary>
    private static IReadOnlyList<string> Families(string territory, ServerCallContext context)
    {
        var families = context
            .Caller()
            .Grants()
            .Where(grant => grant.Role is Grant.Delegate or Grant.Referent && grant.Scope == territory)
            .Select(grant => grant.Family)
            .ToHashSet();
        return [.. Vocabulary.Role4F.Codes.Where(families.Contains)];
    }
}
