using Fabrique.Territories.V1;

namespace Fabrique.Portal.Assessments;

/// <summary>How a territory looks at itself: sheets of the four families, what they differ on, snapshots.</summary>
internal sealed class AssessmentsArea : Area
{
    public override AreaSign Sign => AreaSign.Assessments;

    public override IEnumerable<Part> Parts => [new(Spot.Followed, 10, typeof(OpenedSnapshots))];

    public override void AddServices(IServiceCollection services) =>
        services.AddAppClient<AssessmentService.AssessmentServiceClient>("territories");

    public override void Map(WebApplication app) => app.MapSnapshotExports();

    public override IEnumerable<Button> Actions(string territory) =>
        [new(To($"{AssessmentWords.Home}?territoire={territory}"), T["Notre auto-évaluation"], 40, "button quiet")];

    public override string? PathOf(string kind, string id) =>
        kind == Assessment.Descriptor.FullName ? $"{AssessmentWords.Home}?territoire={id}" : null;
}
