namespace Fabrique.Tests;

/// <summary>The table of rights names every call of every contract, and no other.</summary>
public sealed class RightsTests
{
    [Fact]
    public void Every_call_has_its_line_in_the_table_and_every_line_its_call()
    {
        var calls = ContractFiles
            .All.Where(file => file.Package.StartsWith("fabrique.", StringComparison.Ordinal))
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .Select(method => $"{method.Service.FullName}/{method.Name}")
            .Order();
        Assert.Equal(calls, Rights.Table.Keys.Select(line => line.Split(':')[0]).Distinct().Order());
    }

    [Fact]
    public void A_line_names_roles_that_exist() =>
        Assert.Empty(Rights.Table.Values.SelectMany(roles => roles).Except([.. Grant.Roles, Rights.Anyone, Rights.Account, Rights.App]));
}
