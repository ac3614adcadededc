namespace Fabrique;

/// <summary>
/// Stands in front of the body of an answer and holds back what is written there, when the answer is one to be looked at whole; what is not
/// goes through as it comes.
/// </summary>
/// <param name="body">Where an answer goes that is not held.</param>
/// <param name="holds">Asked at the first write, when status and headers are known.</param>
/// <param name="longest">In bytes; an answer that grows beyond is let go.</param>
public sealed class HeldAnswer(Stream body, Func<bool> holds, long longest = long.MaxValue) : Stream
{
    private readonly MemoryStream _held = new();
    private bool? _holds;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether something was written, and is held.</summary>
    public bool IsHeld => _holds == true;

    /// <summary>What is held so far.</summary>
    public ReadOnlySpan<byte> Held => _held.GetBuffer().AsSpan(0, (int)_held.Length);

    private bool Holds => _holds ??= holds();

    /// <summary>Sends what is held, and holds no more.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        _holds = false;
        _held.Position = 0;
        await _held.CopyToAsync(body, cancellation);
        _held.SetLength(0);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Holds && _held.Length + buffer.Length > longest)
        {
            await ReleaseAsync(cancellationToken);
        }
        await (Holds ? _held : body).WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _holds == false ? body.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // What is held has nowhere to go yet.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
