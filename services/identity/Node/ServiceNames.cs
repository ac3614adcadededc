namespace Fabrique.Identity;

/// <summary>What people call the services of a node.</summary>
internal static class ServiceNames
{
    /// <summary>The application id itself for a service that has no other name.</summary>
    public static string Of(string service) =>
        service switch
        {
            "identity" => T["Comptes"],
            "portal" => T["Site"],
            _ => AreaSign.LabelOf(service) ?? service,
        };
}
