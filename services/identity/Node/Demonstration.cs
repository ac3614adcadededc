using System.Security.Cryptography;
using Fabrique.Storage;
using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// Accounts of every role on a node that was started for a demonstration, with passwords of its own, in the file <c>demo-accounts</c> of
/// the data folder. Their addresses receive nothing: the domain "invalid" never exists (RFC 2606).
/// </summary>
internal sealed class Demonstration(IServiceScopeFactory scopes, NodeKey node, IConfiguration configuration, TimeProvider clock)
    : IHostedService
{
    private const int RecoveryCodes = 4;

    private static (string Address, string Name, Func<string, Grant> Grant, string Function)[] Accounts =>
        [
            ("referente@demo.invalid", T["Essai, référente"], _ => new(Grant.Referent, "ZZ021", "AGENT"), T["chargée de mission inventée"]),
            ("elue@demo.invalid", T["Essai, élue"], _ => new(Grant.Delegate, "ZZ021", "ELU"), T["adjointe inventée"]),
            ("atelier@demo.invalid", T["Essai, atelier de réparation"], _ => new(Grant.Delegate, "ZZ021", "SOCIO"), T["animateur inventé"]),
            ("voisin@demo.invalid", T["Essai, voisin"], _ => new(Grant.Referent, "ZZ022", "AGENT"), T["directeur inventé"]),
            ("facilitation@demo.invalid", T["Essai, facilitation"], _ => new(Grant.Facilitator, Grant.Everywhere), ""),
            ("observation@demo.invalid", T["Essai, observation"], _ => new(Grant.Observer, Grant.Everywhere), ""),
            ("gestion@demo.invalid", T["Essai, gestion"], name => new(Grant.Steward, name), ""),
        ];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(configuration["Data"] ?? "data", "demo-accounts");
        if (!configuration.GetValue<bool>("Demo") || File.Exists(file))
        {
            return;
        }
        await using var scope = scopes.CreateAsyncScope();
        var (people, rights) = (
            scope.ServiceProvider.GetRequiredService<UserManager<Person>>(),
            scope.ServiceProvider.GetRequiredService<RightsKeeper>()
        );
        var lines = new List<string>();
        foreach (var (address, name, grant, function) in Accounts)
        {
            lines.Add(await MakeAsync(people, rights, address, name, grant(node.Node), function));
        }
        OwnerFile.ReadOrCreate(file, () => string.Join('\n', lines));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<string> MakeAsync(
        UserManager<Person> people,
        RightsKeeper rights,
        string address,
        string name,
        Grant grant,
        string function
    )
    {
        var now = clock.GetUtcNow();
        var password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 16);
        if (await people.FindByEmailAsync(address) is { } before)
        {
            // A start that was interrupted before anybody read the password.
            await people.DeleteAsync(before);
        }
        var person = new Person
        {
            Id = Guid.CreateVersion7(now).ToString(),
            UserName = address,
            Email = address,
            EmailConfirmed = true,
            Name = name,
            CreatedAt = now.ToUnixTimeMilliseconds(),
            SeenAt = now.ToUnixTimeMilliseconds(),
        };
        var made = await people.CreateAsync(person, password);
        if (!made.Succeeded)
        {
            throw new InvalidOperationException(
                $"The account {address} could not be made: {string.Join(", ", made.Errors.Select(error => error.Code))}"
            );
        }
        await rights.GiveAsync("", person.Id, grant, function);
        var line = $"{grant.Role, -11}  {address, -27}  {password}";
        if (!await rights.NeedSecondFactorAsync(person.Id))
        {
            return line;
        }
        await people.ResetAuthenticatorKeyAsync(person);
        await people.SetTwoFactorEnabledAsync(person, true);
        return $"{line}  spare codes: {string.Join(' ', (await people.GenerateNewTwoFactorRecoveryCodesAsync(person, RecoveryCodes))!)}";
    }
}
