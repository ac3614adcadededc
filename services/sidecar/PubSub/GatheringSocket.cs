using System.IO.Pipelines;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace Fabrique.Sidecar;

/// <summary>
/// A connection to the broker on which what is written while something is being sent goes together. The client writes each message to its
/// socket apart, and for a small one the system's work to send it and to wake the broker is more than all the rest.
/// </summary>
internal sealed class GatheringSocket(AddressFamily family)
    : TcpClientAdapter(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
{
    public override NetworkStream GetStream() => new GatheringStream(Client);

    private sealed class GatheringStream : NetworkStream
    {
        private readonly Pipe _pipe = new(new PipeOptions(minimumSegmentSize: 64 << 10));

        public GatheringStream(Socket socket)
            : base(socket, ownsSocket: false) => _ = SendAsync(new NetworkStream(socket, ownsSocket: false));

        /// <exception cref="IOException">The connection was lost while something earlier was sent.</exception>
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await _pipe.Writer.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        // Past the pipe it would overtake what waits there. Nobody does.
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _pipe.Writer.Complete();
            base.Dispose(disposing);
        }

        private async Task SendAsync(Stream connection)
        {
            Exception? lost = null;
            try
            {
                await _pipe.Reader.CopyToAsync(connection);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                lost = error;
            }
            await _pipe.Reader.CompleteAsync(lost);
        }
    }
}
