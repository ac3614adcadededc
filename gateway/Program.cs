using Fabrique;
using Fabrique.Gateway;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults(HttpProtocols.Http1AndHttp2);
builder.AddGateway();

var app = builder.Build();
app.UseGateway();
await app.RunAsync();
