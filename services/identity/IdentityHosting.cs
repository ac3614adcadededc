using Fabrique.Identity.Components;
using Fabrique.Records.V1;
using Fabrique.Storage;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Fabrique.Identity;

/// <summary>
/// How the service is put together: accounts by ASP.NET Core Identity, tokens by OpenIddict, pages of its own, and the contract of rights.
/// </summary>
public static class IdentityHosting
{
    private const string PeopleOrSession = "PeopleOrSession";

    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        builder.AddSite("identity");
        builder.AddDatabase<IdentityDb>("identity");
        builder.AddDapr();
        var folder = builder.Configuration["Data"] ?? "data";
        var services = builder.Services;
        var node = NodeKey.OpenOrCreate(folder);
        services.AddSingleton(node).AddSingleton(NodeSite.Of(builder.Configuration)).AddHttpContextAccessor();
        // Pages and the frameworks share one context a request.
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<IdentityDb>>().CreateDbContext());

        services.AddScoped<ILookupNormalizer, AddressNormalizer>();
        services
            .AddIdentityCore<Person>(options =>
            {
                options.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
                options.User.RequireUniqueEmail = true;
                options.User.AllowedUserNameCharacters = "";
                // One count for the whole account would let anybody lock its owner out: Failures counts by way in and by origin.
                options.Lockout.AllowedForNewUsers = false;
                // Length is what makes a password hard to guess; what everybody types is refused by PasswordStrength.
                options.Password.RequiredLength = PasswordStrength.Shortest;
                options.Password.RequireDigit =
                    options.Password.RequireLowercase =
                    options.Password.RequireUppercase =
                    options.Password.RequireNonAlphanumeric =
                        false;
                options.Password.RequiredUniqueChars = 1;
            })
            .AddEntityFrameworkStores<IdentityDb>()
            .AddSignInManager<Entry>()
            .AddDefaultTokenProviders()
            .AddPasswordValidator<PasswordStrength>();
        services.AddScoped<Failures>().AddScoped<Links>().AddScoped<RightsKeeper>().AddScoped<Mails>();
        services
            .AddScoped<Accounts>()
            .AddScoped<AccountLife>()
            .AddScoped<PersonalTokens>()
            .AddScoped<NodePrograms>()
            .AddScoped<WaysIn>()
            .AddScoped<Codes>()
            .AddScoped<AddressChange>()
            .AddScoped<Inviters>();
        services.AddPasskeys(NodeSite.Of(builder.Configuration));
        services
            .AddSingleton<Revocations>()
            .AddSingleton<RevocationLog>()
            .AddSingleton<MailServer>()
            .AddSingleton<MailSender>()
            .AddSingleton<DevelopmentMailbox>()
            .AddSingleton<FirstStart>();
        services.AddHostedService<Demonstration>();
        services.AddHostedService(provider => provider.GetRequiredService<FirstStart>());
        services.AddHostedService(provider => provider.GetRequiredService<MailSender>()).AddHostedService<Housekeeping>();
        services.AddNotices();
        services.AddAppClients<PeopleService.PeopleServiceClient>().AddSingleton<DataHolders>().AddSingleton<PersonalCopy>();
        services.AddSingleton<Erasures>().AddHostedService(provider => provider.GetRequiredService<Erasures>());
        services.AddScoped<NodeDesk>();
        services
            .AddHttpClient<NodeHealth>(http => http.Timeout = NodeHealth.Patience)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false });

        var keys = new SigningKeys(folder, NodeSite.Of(builder.Configuration), TimeProvider.System);
        services.AddSingleton(keys);
        AddSignIn(services, node, keys, builder.Configuration);
        services.AddProviders(builder.Configuration, NodeSite.Of(builder.Configuration));
        AddTokens(services, keys);
    }

    public static void UseIdentity(this WebApplication app)
    {
        app.UseSite();
        app.UseAuthorization();
        app.MapConnect();
        app.MapPasskeys();
        app.MapProviders();
        app.MapAccountFile();
        app.MapUnsubscribing();
        app.MapGrpcService<IdentityGrpc>();
        app.MapRazorComponents<App>().AddAdditionalAssemblies(typeof(SiteHosting).Assembly);
    }

    private static void AddSignIn(IServiceCollection services, NodeKey node, SigningKeys keys, IConfiguration configuration)
    {
        services.AddPeople(keys);
        services.AddNodeTokens(node);
        services
            .AddAuthentication(options =>
            {
                options.DefaultScheme = PeopleOrSession;
                options.DefaultChallengeScheme = IdentityConstants.ApplicationScheme;
            })
            .AddPolicyScheme(PeopleOrSession, null, either => either.ForwardDefaultSelector = http =>
                    // Programs bear tokens, to the calls of the contract; pages know the cookie alone.
                    http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()
                        is not null
                        ? NodeToken.Either
                        : IdentityConstants.ApplicationScheme)
            .AddIdentityCookies(cookies =>
            {
                cookies.ApplicationCookie!.Configure(cookie =>
                {
                    SiteCookie.Protect(cookie.Cookie, configuration, "fabrique-compte");
                    cookie.LoginPath = Pages.SignIn;
                    cookie.AccessDeniedPath = Pages.SignIn;
                    cookie.ReturnUrlParameter = Pages.Return;
                    cookie.ExpireTimeSpan = TimeSpan.FromHours(12);
                    cookie.Events.OnValidatePrincipal = Entry.ValidateAsync;
                    // Where to go afterwards is for Pages.After alone to say.
                    cookie.Events.OnRedirectToReturnUrl = _ => Task.CompletedTask;
                });
                cookies.TwoFactorUserIdCookie!.Configure(cookie => SiteCookie.Protect(cookie.Cookie, configuration, "fabrique-second"));
                cookies.TwoFactorRememberMeCookie!.Configure(cookie =>
                    SiteCookie.Protect(cookie.Cookie, configuration, "fabrique-souvenir")
                );
                cookies.ExternalCookie!.Configure(cookie =>
                {
                    SiteCookie.Protect(cookie.Cookie, configuration, "fabrique-ailleurs");
                    // As long as the mail that confirms the address is good.
                    cookie.ExpireTimeSpan = Links.Soon;
                });
            });
    }

    private static void AddTokens(IServiceCollection services, SigningKeys keys)
    {
        services.AddSingleton<IConfigureOptions<OpenIddictServerOptions>>(keys);
        services
            .AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<IdentityDb>())
            .AddServer(server =>
            {
                server.SetIssuer(keys.Issuer);
                server
                    .SetAuthorizationEndpointUris("connect/authorize")
                    .SetTokenEndpointUris("connect/token")
                    .SetConfigurationEndpointUris(".well-known/openid-configuration")
                    .SetJsonWebKeySetEndpointUris(".well-known/jwks");
                server.AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().RequireProofKeyForCodeExchange();
                server.AllowPrograms(new Uri(keys.Issuer));
                server.RegisterScopes(Scopes.OpenId, Scopes.Profile, Scopes.OfflineAccess);
                server
                    .SetAccessTokenLifetime(Revocations.TokenLife)
                    .SetRefreshTokenLifetime(TimeSpan.FromDays(14))
                    .SetAuthorizationCodeLifetime(TimeSpan.FromMinutes(1));
                // The gateway proves who it is: its refresh token need not change, and so its cookie neither.
                server.DisableRollingRefreshTokens().UseReferenceRefreshTokens().DisableAccessTokenEncryption();
                // Codes and refresh tokens are protected by the keys of the folder; nobody but this service reads them.
                server.UseDataProtection().PreferDefaultAccessTokenFormat();
                server.AddEphemeralEncryptionKey();
                // HTTPS ends before the gateway.
                server
                    .UseAspNetCore()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableTokenEndpointPassthrough()
                    .DisableTransportSecurityRequirement();
            });
    }
}
