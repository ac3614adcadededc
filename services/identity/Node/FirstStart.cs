using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Fabrique.Identity;

/// <summary>
/// What has to be there before the first request: the gateway as a client, and on a node that nobody looks after yet a code, in the file
/// <c>setup-code</c> of the data folder. Only the operator, who can read that file, can take the node.
/// </summary>
internal sealed class FirstStart(
    IServiceScopeFactory scopes,
    NodeSite site,
    RevocationLog revocations,
    DevelopmentMailbox mailbox,
    IConfiguration configuration
) : IHostedService, IDisposable
{
    /// <summary>The gateway's name as a client.</summary>
    public const string Gateway = "gateway";

    private const int MostTries = 10;
    private static readonly TimeSpan TriesWindow = TimeSpan.FromMinutes(15);

    private readonly string _folder = configuration["Data"] ?? "data";

    private readonly PartitionedRateLimiter<IPAddress> _tries = PartitionedRateLimiter.Create<IPAddress, IPAddress>(client =>
        RateLimitPartition.GetFixedWindowLimiter(client, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = MostTries,
            Window = TriesWindow,
        })
    );

    private string SetUpFile => Path.Combine(_folder, "setup-code");

    private string Taken => SetUpFile + "-taken";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await RegisterGatewayAsync(scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(), cancellationToken);
        await revocations.LoadAsync(cancellationToken);
        mailbox.PrepareKey();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        await GiveAddressesOneFormAsync(db, cancellationToken);
        if (!await HasStewardAsync(db))
        {
            OwnerFile.ReadOrCreate(SetUpFile, () => RandomNumberGenerator.GetString("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 16));
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether nobody looks after the node yet, and this is its code: spaces, dashes and case do not matter.</summary>
    public async Task<bool> AdmitsAsync(IdentityDb db, string code)
    {
        if (await HasStewardAsync(db) || !File.Exists(SetUpFile))
        {
            return false;
        }
        var typed = string.Concat(code.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        var expected = await File.ReadAllTextAsync(SetUpFile);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(typed), Encoding.UTF8.GetBytes(expected));
    }

    /// <summary>Whether this address may try a code now: ten tries in a quarter of an hour.</summary>
    public bool MayTry(IPAddress? client) => _tries.AttemptAcquire(client ?? IPAddress.None).IsAcquired;

    /// <summary>Takes the code: true for one caller alone, of those who typed it at the same moment.</summary>
    public bool Take()
    {
        try
        {
            File.Move(SetUpFile, Taken, overwrite: true);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Nothing came of it: the code serves again.</summary>
    public void PutBack() => File.Move(Taken, SetUpFile);

    /// <summary>The node is looked after: the code has served.</summary>
    public void Close() => File.Delete(Taken);

    public void Dispose() => _tries.Dispose();

    /// <summary>Accounts of versions before kept the domain of their address as it was typed.</summary>
    private static async Task GiveAddressesOneFormAsync(IdentityDb db, CancellationToken cancellation)
    {
        await foreach (var known in db.Users.AsNoTracking().Select(person => new { person.Id, person.Email }).AsAsyncEnumerable())
        {
            if (known.Email is not { } email || System.Text.Ascii.IsValid(email))
            {
                continue;
            }
            // The part before the at sign may be one that would be refused today: it stays as it is.
            var key = EmailAddress.Key(email).ToUpperInvariant();
            var address = email[..email.LastIndexOf('@')] + key[key.LastIndexOf('@')..].ToLowerInvariant();
            await db
                .Users.Where(person =>
                    person.Id == known.Id && !db.Users.Any(other => other.NormalizedUserName == key && other.Id != known.Id)
                )
                .ExecuteUpdateAsync(
                    row =>
                        row.SetProperty(person => person.Email, address)
                            .SetProperty(person => person.UserName, address)
                            .SetProperty(person => person.NormalizedEmail, key)
                            .SetProperty(person => person.NormalizedUserName, key),
                    cancellation
                );
        }
    }

    private static Task<bool> HasStewardAsync(IdentityDb db) => db.Grants.AnyAsync(grant => grant.Role == Grant.Steward);

    private async Task RegisterGatewayAsync(IOpenIddictApplicationManager applications, CancellationToken cancellation)
    {
        var client = new OpenIddictApplicationDescriptor
        {
            ClientId = Gateway,
            ClientSecret = OwnerFile.ReadOrCreate(Path.Combine(_folder, "gateway-secret"), () =>
                RandomNumberGenerator.GetHexString(64, lowercase: true)
            ),
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Implicit,
            RedirectUris = { new Uri(site.Address, "/session/retour") },
            Permissions =
            {
                Permissions.Endpoints.Authorization,
                Permissions.Endpoints.Token,
                Permissions.Endpoints.Revocation,
                Permissions.Prefixes.GrantType + ProgramGrants.Personal,
                Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken,
                Permissions.ResponseTypes.Code,
                Permissions.Scopes.Profile,
            },
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        };
        if (await applications.FindByClientIdAsync(Gateway, cancellation) is { } known)
        {
            await applications.UpdateAsync(known, client, cancellation);
        }
        else
        {
            await applications.CreateAsync(client, cancellation);
        }
    }
}
