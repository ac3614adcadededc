using Fabrique;
using Fabrique.Practices;
using Fabrique.Records;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults();
builder.AddGrpcApi();
builder.AddRecords<PracticesDb>(kinds => kinds.Owns(Kinds.Practice).FollowsNetwork().IndexedBy<PracticePart>());
builder
    .Services.AddSingleton<PracticeCatalogue>()
    .AddSingleton<UnansweredSearches>()
    .AddSingleton<Queries>()
    .AddSingleton<Reports>()
    .AddSingleton<Comments>()
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
