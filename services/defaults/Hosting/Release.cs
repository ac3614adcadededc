using System.Reflection;

namespace Fabrique;

/// <summary>The release that a process was built from.</summary>
public static class Release
{
    /// <summary>"0.1.0", and after a "+" the commit, as compiled.</summary>
    public static string Version { get; } =
        typeof(Release).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}

/// <summary>What every process refuses alike.</summary>
public static class Limits
{
    /// <summary>The largest request body that a process accepts, in bytes. Beyond it: 413.</summary>
    public const long MaxRequestBody = 1 << 20;
}
