namespace Fabrique.Runner;

/// <summary>Checkers that npm has: a folder of tools for each, whose package.json names the versions.</summary>
internal static class NpmTools
{
    /// <summary>Copies the folder into artifacts/tools and installs there what it names; again only when that changed.</summary>
    /// <returns>The folder of its programs.</returns>
    /// <exception cref="PlainError">npm is missing, or failed and said why.</exception>
    public static async Task<string> EnsureAsync(string root, string name, TextWriter output, CancellationToken cancel)
    {
        var (source, folder) = (Path.Combine(root, "tools", name), Path.Combine(root, "artifacts", "tools", name));
        var (wanted, installed) = (Path.Combine(source, "package.json"), Path.Combine(folder, "package.json"));
        var programs = Path.Combine(folder, "node_modules", ".bin");
        var isThere = Directory.Exists(programs) && await File.ReadAllTextAsync(wanted, cancel) == await File.ReadAllTextAsync(installed, cancel);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        if (!isThere)
        {
            string[] install = ["install", "--prefer-offline", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix", folder];
            var code = await Shell.RunAsync("npm", install, root, line => output.WriteLine($"   {line}"), cancel);
            if (code != 0)
            {
                throw new PlainError($"npm ended with code {code}");
            }
        }

        return programs;
    }
}
