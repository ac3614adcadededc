using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Fabrique.Identity;

/// <summary>
/// Programs that act for the node and for nobody in particular: harvesters, dashboards, the site of a town. They get tokens by their own
/// name and secret (client credentials).
/// </summary>
internal sealed class NodePrograms(IdentityDb db, IOpenIddictApplicationManager applications, RightsKeeper rights, TimeProvider clock)
{
    /// <summary>How many a node has.</summary>
    public const int Most = 100;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<List<ProgramRow>> ListAsync() =>
        db.Programs.AsNoTracking().OrderBy(program => program.Name).ThenBy(program => program.Id).Take(Most).ToListAsync();

    /// <summary>Registers a program.</summary>
    /// <param name="actor">The steward.</param>
    /// <param name="request">Drawn with the form: a second click registers no second program.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="grants">What it may do.</param>
    /// <param name="writes">Whether it may change anything.</param>
    /// <returns>Its client id and its secret, which cannot be read again; null instead when the same form registered one a while
    /// ago.</returns>
    public Task<(string Id, string? Secret)> RegisterAsync(
        string actor,
        Guid request,
        string name,
        IReadOnlyList<Grant> grants,
        bool writes
    ) => SecondClick.OnceAsync(db, async () =>
        {
            var id = $"prog-{SecondClick.IdOf(actor, request):n}";
            if (await db.Programs.AsNoTracking().SingleOrDefaultAsync(program => program.Id == id) is { } made)
            {
                return (id, SecondClick.IsLate(made.CreatedAt, Now) ? null : await RenewAsync(actor, id));
            }
            var program = new ProgramRow
            {
                Id = id,
                Name = name,
                Grants = string.Join(' ', grants),
                Writes = writes,
                Secret = NameOfSecret(),
                CreatedAt = Now,
            };
            var secret = ProgramSecret.New(ProgramSecret.Own);
            db.Programs.Add(program);
            Note(actor, "program registered", program);
            await applications.CreateAsync(
                new OpenIddictApplicationDescriptor
                {
                    ClientId = program.Id,
                    ClientSecret = secret,
                    ClientType = ClientTypes.Confidential,
                    DisplayName = name,
                    Permissions = { Permissions.Endpoints.Token, Permissions.GrantTypes.ClientCredentials },
                }
            );
            return (id, (string?)secret);
        });

    /// <summary>
    /// Gives a program another secret. The one before, and the tokens got with it, end at once; null when there is no such program.
    /// </summary>
    public async Task<string?> RenewAsync(string actor, string id)
    {
        if (await FindAsync(id) is not { } found)
        {
            return null;
        }
        var (secret, before) = (ProgramSecret.New(ProgramSecret.Own), found.Program.Secret);
        found.Program.Secret = NameOfSecret();
        Note(actor, "program secret renewed", found.Program);
        await applications.UpdateAsync(found.Application, secret);
        await rights.TakeBackAsync(before);
        return secret;
    }

    /// <summary>Ends a program and its tokens at once.</summary>
    public async Task RemoveAsync(string actor, string id)
    {
        if (await FindAsync(id) is { } found)
        {
            db.Programs.Remove(found.Program);
            Note(actor, "program removed", found.Program);
            await applications.DeleteAsync(found.Application);
            await rights.TakeBackAsync(found.Program.Secret);
        }
    }

    /// <summary>The claims of an access token for a program that has shown its secret; null when it was removed meanwhile.</summary>
    public async Task<IEnumerable<Claim>?> TradeAsync(string id)
    {
        if (await db.Programs.SingleOrDefaultAsync(program => program.Id == id) is not { } program)
        {
            return null;
        }
        if (program.UsedOn != ProgramWords.Today(clock))
        {
            program.UsedOn = ProgramWords.Today(clock);
            await db.SaveChangesAsync();
        }
        IEnumerable<Claim> claims =
        [
            new(Claims.Subject, program.Id),
            new(Claims.Name, program.Name),
            new(Tokens.SessionClaim, program.Secret),
            .. program.Grants.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(grant => new Claim(Grant.Claim, grant)),
        ];
        return program.Writes ? claims : claims.Append(Tokens.ReadsOnly);
    }

    private async Task<(ProgramRow Program, object Application)?> FindAsync(string id) =>
        await db.Programs.SingleOrDefaultAsync(program => program.Id == id) is { } program
        && await applications.FindByClientIdAsync(id) is { } application
            ? (program, application)
            : null;

    /// <summary>Every token names the secret that it was got with, so that they end together.</summary>
    private string NameOfSecret() => Guid.CreateVersion7(clock.GetUtcNow()).ToString();

    private void Note(string actor, string action, ProgramRow program) =>
        rights.Note(actor, action, program.Id, $"{program.Name}: {ProgramWords.ForTrail(program.Grants, program.Writes)}");
}
