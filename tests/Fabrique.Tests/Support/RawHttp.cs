using System.Net.Sockets;
using System.Text;

namespace Fabrique.Tests;

/// <summary>Requests as no client of HTTP would write them, byte by byte.</summary>
internal static class RawHttp
{
    /// <summary>Sends what stands there, and reads the answer to its end.</summary>
    /// <param name="request">"GET / HTTP/1.1" and headers, one a line; Connection: close is added. A body after an empty line.</param>
    public static async Task<string> AskAsync(Uri address, string request, CancellationToken cancellation)
    {
        using var socket = await OpenAsync(address, request, cancellation);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellation);
    }

    /// <summary>Sends it, and reads nothing.</summary>
    public static async Task<Socket> OpenAsync(Uri address, string request, CancellationToken cancellation)
    {
        var (head, body) = request.Split("\n\n", 2) is [var first, var rest] ? (first, rest) : (request, "");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await socket.ConnectAsync(address.Host, address.Port, cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes($"{head}\nConnection: close\n\n".ReplaceLineEndings("\r\n") + body), cancellation);
        return socket;
    }
}
