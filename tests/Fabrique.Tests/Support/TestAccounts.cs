using Fabrique.Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
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
}
