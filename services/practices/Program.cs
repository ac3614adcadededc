using Fabrique;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults();
builder.AddGrpcApi();
builder.AddRecords<PracticesDb, PracticeIndex>(
    "practices",
    new RecordKinds().Owns<Practice>().Follows<Profile>("territories").Follows<Membership>("territories")
);
builder
    .Services.AddSingleton<PracticeCatalogue>()
    .AddSingleton<UnansweredSearches>()
    .AddSingleton<Queries>()
    .AddSingleton<Reports>()
    .AddSingleton<Comments>()
    .AddSingleton<Members>()
    .AddNotices<PracticesDb>()
    .AddHostedService<Erasure>()
    .AddHostedService<ShippedPractices>()
    .AddHostedService<Departures>()
    .AddHostedService<ReviewReminders>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapRecords<PracticesDb>();
app.MapGrpcService<PracticesGrpc>();
app.MapGrpcService<PracticePeople>();
await app.RunAsync();
