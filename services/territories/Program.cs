using Fabrique;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Territories;
using Fabrique.Territories.V1;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults();
builder.AddGrpcApi();
builder.AddRecords<TerritoriesDb, TerritoryIndex>(
    "territories",
    new RecordKinds()
        .Owns<Profile>()
        .Owns<Membership>()
        .Owns<Cohort>()
        .Owns<Perimeter>()
        .Owns<Assessment>()
        .Owns<AssessmentSnapshot>()
        .Follows<Practice>("practices")
);

// Asked for by the shipped profiles, so it is open, or built, before the service listens.
builder.Services.AddSingleton(provider =>
    OfficialDirectory
        .OpenAsync(
            builder.Configuration["Data"] ?? "data",
            builder.Configuration.GetValue<bool>("Demo"),
            provider.GetRequiredService<ILogger<OfficialDirectory>>(),
            CancellationToken.None
        )
        .GetAwaiter()
        .GetResult()
);
builder.Services.AddSingleton<Places>().AddSingleton<Queries>().AddHostedService<ShippedProfiles>();
builder.AddMemberships();

var app = builder.Build();
app.UseServiceDefaults();
app.MapRecords<TerritoriesDb>();
app.MapGrpcService<TerritoriesGrpc>();
app.MapMemberships();
await app.RunAsync();
