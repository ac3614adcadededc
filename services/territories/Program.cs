using Fabrique;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Territories;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults();
builder.AddGrpcApi();
builder.AddRecords<TerritoriesDb>(kinds =>
    kinds
        .Owns(Kinds.Profile)
        .IndexedBy<ProfilePart>()
        .Owns(Kinds.Membership)
        .IndexedBy<MembershipPart>()
        .Owns(Kinds.Cohort)
        .IndexedBy<CohortPart>()
        .Owns(Kinds.Perimeter)
        .IndexedBy<PerimeterPart>()
        .Owns(Kinds.Assessment)
        .Owns(Kinds.Snapshot)
        .IndexedBy<SnapshotPart>()
        .Follows<Practice>()
        .IndexedBy<PracticePart>()
);
await builder.AddDirectoryAsync();
builder.Services.AddSingleton<Places>().AddSingleton<PageCatalogue>().AddSingleton<Queries>().AddHostedService<ShippedProfiles>();
builder.AddMemberships();

var app = builder.Build();
app.UseServiceDefaults();
app.MapRecords<TerritoriesDb>();
app.MapGrpcService<TerritoriesGrpc>();
app.MapMemberships();
await app.RunAsync();
