using Fabrique.Records.V1;

namespace Fabrique.Identity;

/// <summary>
/// The services that may keep something of a person: those of the areas of the contracts that run on this node. One that is added is asked
/// without being named here.
/// </summary>
internal sealed class DataHolders(IConfiguration configuration, IServiceProvider services)
{
    private const string Own = "identity";

    /// <summary>Their application ids.</summary>
    public IReadOnlyList<string> Names { get; } =
    [
        .. ContractFiles
            .All.Select(file => file.Package.Split('.'))
            .Where(package => package is ["fabrique", not Own, ..])
            .Select(package => package[1])
            .Distinct()
            .Where(area => configuration.GetSection($"services:{area}").Exists())
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The client of one of them.</summary>
    public PeopleService.PeopleServiceClient Client(string name) =>
        services.GetRequiredKeyedService<PeopleService.PeopleServiceClient>(name);
}
