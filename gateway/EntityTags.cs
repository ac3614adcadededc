using System.Security.Cryptography;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Net.Http.Headers;

namespace Fabrique.Gateway;

/// <summary>
/// Gives what is read a tag made of its bytes, and says "not modified" to who has them already: a page that did not change costs no
/// bandwidth.
/// </summary>
internal static class EntityTags
{
    // More than any page; longer answers are sent as they come.
    private const int Longest = 1 << 20;

    public static async Task TagAsync(HttpContext context, RequestDelegate next)
    {
        if (
            !HttpMethods.IsGet(context.Request.Method)
            || context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
        )
        {
            await next(context);
            return;
        }
        var response = context.Response;
        var body = response.Body;
        await using var buffer = new Buffer(body, response);
        response.Body = buffer;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }
        await buffer.EndAsync(context);
    }

    /// <summary>Holds an answer back until it is whole, if it is one that can have a tag.</summary>
    private sealed class Buffer(Stream body, HttpResponse response) : Stream
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

        private bool Holds =>
            _holds ??= response is { StatusCode: StatusCodes.Status200OK, Headers: { ETag.Count: 0, ContentDisposition.Count: 0 } };

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Holds && _held.Length + buffer.Length > Longest)
            {
                _holds = false;
                await ReleaseAsync(cancellationToken);
            }
            await (Holds ? _held : body).WriteAsync(buffer, cancellationToken);
        }

        public async Task EndAsync(HttpContext context)
        {
            if (_holds != true || response.HasStarted)
            {
                return;
            }
            // Weak: the same page, whatever its encoding.
            var digest = SHA256.HashData(_held.GetBuffer().AsSpan(0, (int)_held.Length));
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(digest.AsSpan(0, 16))}\"", isWeak: true);
            response.Headers.ETag = tag.ToString();
            if (response.Headers.CacheControl.Count == 0)
            {
                response.Headers.CacheControl = "no-cache";
            }
            // What is about to be kept must be whole; from then on the cache compares the tags.
            if (
                context.Features.Get<IOutputCacheFeature>()?.Context.AllowCacheStorage != true
                && context
                    .Request.GetTypedHeaders()
                    .IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known == EntityTagHeaderValue.Any)
            )
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                response.ContentLength = null;
                response.Headers.Remove(HeaderNames.ContentType);
                return;
            }
            await ReleaseAsync(context.RequestAborted);
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

        private async Task ReleaseAsync(CancellationToken cancellation)
        {
            _held.Position = 0;
            await _held.CopyToAsync(body, cancellation);
            _held.SetLength(0);
        }
    }
}
