using Fabrique;
using Fabrique.Identity;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGrpcApi();
builder.AddIdentity();

var app = builder.Build();
app.UseIdentity();
app.UseServiceDefaults();
await app.RunAsync();
