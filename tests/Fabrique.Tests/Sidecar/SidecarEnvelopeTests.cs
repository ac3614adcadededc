using System.Text;
using Fabrique.Sidecar;

namespace Fabrique.Tests;

public sealed class SidecarEnvelopeTests
{
    [Theory]
    [InlineData("{\"id\":\"\\ud800\"}"), InlineData("{"), InlineData("[]"), InlineData("7"), InlineData("")]
    public void Bytes_that_are_no_envelope_are_told_from_one_whatever_is_wrong_with_them(string bytes) =>
        Assert.False(CloudEventEnvelope.TryRead(Encoding.UTF8.GetBytes(bytes), out _, out _));

    [Fact]
    public void An_envelope_without_identifier_is_still_one() => Assert.True(CloudEventEnvelope.TryRead("{}"u8.ToArray(), out _, out _));
}
