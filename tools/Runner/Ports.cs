using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fabrique.Runner;

/// <summary>Ports to listen on.</summary>
internal static class Ports
{
    /// <summary>
    /// Of the ports given, each with a locked file until this program ends: nodes that start together draw before they listen.
    /// </summary>
    private static readonly ConcurrentDictionary<int, FileStream> Reservations = [];

    public static readonly string Folder = Path.Combine(Path.GetTempPath(), $"fabrique-ports-{Environment.UserName}");

    /// <summary>Refuses a port that somebody else has, naming who when the system tells.</summary>
    /// <exception cref="PlainError">The port cannot be listened on.</exception>
    public static void RequireFree(IPAddress address, int port, string remedy)
    {
        try
        {
            using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen();
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new PlainError($"Port {port} is taken by {WhoListens(port) ?? "another program"}: {remedy}");
        }
        catch (SocketException error)
        {
            throw new PlainError($"Port {port} of {address} cannot be used ({error.Message}): {remedy}");
        }
    }

    /// <summary>
    /// Free loopback ports, none given twice while a runner lives. Taken below the range the system gives to outgoing connections, so
    /// that none of those takes the port of a process that is just being restarted.
    /// </summary>
    public static int[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => Free())];

    public static int Free()
    {
        RunFile.PrivateFolder(Folder);
        for (var draws = 0; draws < 1000; draws++)
        {
            var port = Random.Shared.Next(20000, 32000);
            FileStream? reservation = null;
            try
            {
                reservation = new FileStream(
                    Path.Combine(Folder, port.ToString(CultureInfo.InvariantCulture)),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1,
                    FileOptions.DeleteOnClose
                );
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                Reservations[port] = reservation;
                return port;
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Taken: the next draw decides.
                reservation?.Dispose();
            }
        }
        throw new PlainError($"No port between 20000 and 32000 is free, or none can be noted in {Folder}: is the disk full?");
    }

    private static string? WhoListens(int port)
    {
        var suffix = $":{port:X4}";
        var inodes = Directory
            .EnumerateFiles("/proc/net", "tcp*")
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == "0A" && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        foreach (var process in inodes.Count > 0 ? Process.GetProcesses() : [])
        {
            try
            {
                if (Directory.EnumerateFiles($"/proc/{process.Id}/fd").Any(fd => inodes.Contains(new FileInfo(fd).LinkTarget ?? "")))
                {
                    return $"{process.ProcessName} (pid {process.Id})";
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another user's process, or one that just ended.
            }
        }
        return null;
    }
}
