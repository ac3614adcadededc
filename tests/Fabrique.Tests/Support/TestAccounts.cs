using Fabrique.Identity;
using Grpc.Core;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

/// <summary>People with an account, for tests that need some.</summary>
internal static class TestAccounts
{
    /// <summary>Somebody who could have an account, last seen now. Each one has an address of their own unless it is said.</summary>
    public static Person New(string? address = null, DateTimeOffset? seen = null)
    {
        address ??= $"{Guid.CreateVersion7():N}@example.org";
        var at = (seen ?? TimeProvider.System.GetUtcNow()).ToUnixTimeMilliseconds();
        return new()
        {
            Id = Guid.CreateVersion7().ToString(),
            UserName = address,
            Email = address,
            EmailConfirmed = true,
            Name = "Camille Essai",
            CreatedAt = at,
            SeenAt = at,
        };
    }

    /// <summary>Makes an account, whose password is that of every test, with these rights.</summary>
    public static async Task<Person> MakeAsync(ServiceUnderTest<IdentityDb> service, Person person, params Grant[] grants)
    {
        await using var scope = service.Services.CreateAsyncScope();
        return await MakeAsync(scope, person, grants);
    }

    /// <inheritdoc cref="MakeAsync(ServiceUnderTest{IdentityDb}, Person, Grant[])"/>
    public static async Task<Person> MakeAsync(AsyncServiceScope scope, Person person, params Grant[] grants)
    {
        Assert.True(
            (await scope.ServiceProvider.GetRequiredService<UserManager<Person>>().CreateAsync(person, Browser.Password)).Succeeded
        );
        foreach (var grant in grants)
        {
            await scope.ServiceProvider.GetRequiredService<RightsKeeper>().GiveAsync("", person.Id, grant);
        }
        return person;
    }

    /// <summary>
    /// What a person's calls carry: a token of the identity service itself, with the rights the person has or with these.
    /// </summary>
    public static async Task<Metadata> HeadersAsync(ServiceUnderTest<IdentityDb> service, Person person, params Grant[] grants)
    {
        // The first key is made when somebody first signs in.
        service.Services.GetRequiredService<SigningKeys>().Rotate();
        var keys = await service.Services.GetRequiredService<SigningKeys>().GetBaseConfigurationAsync(CancellationToken.None);
        var token = new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = keys.Issuer,
                Audience = Tokens.Audience,
                TokenType = "at+jwt",
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = person.Id,
                    ["sid"] = "session",
                    [Tokens.RightsClaim] = 1000L,
                    [Grant.Claim] = grants.Select(grant => grant.ToString()).ToArray(),
                },
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5),
                SigningCredentials = new(keys.SigningKeys.First(), SecurityAlgorithms.EcdsaSha256),
            }
        );
        return new Metadata { { "authorization", $"Bearer {token}" } };
    }

    /// <summary>The subjects of the mails to a person, sent or not, from the first.</summary>
    public static async Task<List<string>> SubjectsAsync(ServiceUnderTest<IdentityDb> service, Person person)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var waiting = await db
            .Mails.Where(mail => mail.Recipient == person.Email)
            .OrderBy(mail => mail.Id)
            .Select(mail => mail.Subject)
            .ToListAsync();
        var sent = service
            .Services.GetRequiredService<MailSender>()
            .Mailbox!.GetFiles("*.eml")
            .Select(file => MimeKit.MimeMessage.Load(file.FullName))
            .Where(mail => mail.To.Mailboxes.Any(mailbox => mailbox.Address == person.Email));
        return [.. sent.Select(mail => mail.Subject ?? ""), .. waiting];
    }
}
