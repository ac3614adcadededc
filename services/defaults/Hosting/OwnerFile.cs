using System.Security.Cryptography;

namespace Fabrique;

/// <summary>Files of the data folder that nobody but the owner of the processes may read: keys and secrets.</summary>
public static class OwnerFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The folder, made if need be.</summary>
    public static DirectoryInfo Folder(string path) =>
        OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(path)
            : Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);

    /// <summary>Reads a file, which is made at the first call. Safe when several processes start together: one of them makes it.</summary>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <param name="make">What to write at the first call.</param>
    /// <exception cref="InvalidOperationException">Others than the owner can read it.</exception>
    public static string ReadOrCreate(string path, Func<string> make)
    {
        if (!File.Exists(path))
        {
            using var turn = TakeTurn(Path.ChangeExtension(path, ".lock"));
            if (!File.Exists(path))
            {
                Replace(path, make());
            }
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new InvalidOperationException(
                $"{path} can be read by others than its owner: chmod 600 it, and think of renewing what it holds."
            );
        }
        return File.ReadAllText(path);
    }

    /// <summary>Writes the file whole, in the place of the one that was there: who reads it reads the one or the other.</summary>
    public static void Replace(string path, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(8)}";
        try
        {
            using (var writer = new StreamWriter(new FileStream(draft, options)))
            {
                writer.Write(content);
                writer.Flush();
                ((FileStream)writer.BaseStream).Flush(flushToDisk: true);
            }
            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>Until it is disposed of, no other process makes the file: to look and then to move is not one step.</summary>
    private static FileStream TakeTurn(string path)
    {
        var waiting = new SpinWait();
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < 10_000 && File.Exists(path))
            {
                // Its turn lasts as long as writing one small file; beyond some seconds something else is wrong.
                waiting.SpinOnce();
            }
        }
    }
}
