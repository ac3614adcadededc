using Fabrique;
using Fabrique.Portal;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddPortal();

var app = builder.Build();
app.UsePortal();
app.UseServiceDefaults();
await app.RunAsync();
