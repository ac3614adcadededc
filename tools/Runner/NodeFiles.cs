using Fabrique.Storage;

namespace Fabrique.Runner;

/// <summary>
/// The data folder before a node starts on it. A file that is missing or spoilt is named, with what to do: a node never starts as somebody
/// else, nor again and again.
/// </summary>
internal static class NodeFiles
{
    // Made anew from the files of the release.
    private const string Directory = "directory.db";

    /// <exception cref="PlainError">The node must not start.</exception>
    public static void Check(string data)
    {
        var key = Path.Combine(data, "node.json");
        if (!System.IO.Directory.Exists(data))
        {
            return;
        }
        if (!File.Exists(key))
        {
            var databases = System.IO.Directory.GetFiles(data, "*.db").Select(Path.GetFileName).Where(name => name != Directory).Order();
            if (databases.Any())
            {
                throw new PlainError(
                    $"{data} holds {string.Join(", ", databases)} but not {key}, the key of the node they belong to: put it back from the backup. To begin a new node, give --data an empty folder"
                );
            }
            return;
        }
        try
        {
            using var _ = NodeKey.OpenOrCreate(data);
        }
        catch (InvalidOperationException error)
        {
            throw new PlainError(error.Message);
        }
    }
}
