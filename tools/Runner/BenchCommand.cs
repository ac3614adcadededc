using System.Globalization;

namespace Fabrique.Runner;

/// <summary>Measures the parts of Fabrique beside what they are made of (tests/Benchmarks). It asserts nothing.</summary>
internal sealed class BenchCommand(string root, TextWriter output)
{
    private static readonly Package[] Needed = [Package.RabbitMq, Package.Nginx, Package.Wrk];

    /// <param name="names">The cases; none: all.</param>
    /// <param name="rounds">How often each is measured; null: the program's own choice.</param>
    /// <param name="records">How many are replayed; null: the program's own choice.</param>
    /// <param name="cancel">Stops the case and its servers.</param>
    /// <returns>The exit code: 0 when everything asked was measured.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> names, int? rounds, int? records, CancellationToken cancel)
    {
        await Packages.EnsureAsync("the benchmarks", Needed, root, output, cancel);
        var project = Path.Combine(root, "tests", "Benchmarks", "Benchmarks.csproj");
        output.WriteLine("== build");
        await Build.RunAsync(root, project, output, cancel);
        string[] arguments = [Build.Assembly(root, project), .. names, .. Option("--rounds", rounds), .. Option("--records", records)];
        return await Shell.RunAsync(Shell.Dotnet, arguments, root, output.WriteLine, cancel);
    }

    private static string[] Option(string name, int? value) =>
        value is null ? [] : [name, value.Value.ToString(CultureInfo.InvariantCulture)];
}
