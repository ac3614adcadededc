namespace Fabrique.Runner;

internal static class Checkout
{
    /// <summary>The checkout this program was built in.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "tye.yaml")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new PlainError("tye.yaml is not found above the program: run it from a git checkout of Fabrique");
    }
}
