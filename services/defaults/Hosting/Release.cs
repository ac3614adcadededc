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

    /// <summary>The same, for calls that anybody may make: a question or a letter is short.</summary>
    public const long MaxStrangersBody = 128 << 10;

    /// <summary>The longest address, with its query, in characters. Beyond it: 414.</summary>
    public const int MaxAddress = 16_000;

    /// <summary>All headers of a request together, in bytes. Beyond it: 431.</summary>
    public const int MaxHeaders = 32_000;

    /// <summary>The longest list of a request: more than any rule of the contracts allows.</summary>
    public const int MostItems = 2_000;

    /// <summary>All values of a request together.</summary>
    public const int MostValues = 20_000;
}
