namespace Fabrique.Tests;

/// <summary>What a forged link can make a browser follow: nothing outside the site.</summary>
public sealed class LocalAddressTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/compte?retour=%2Fpratiques")]
    [InlineData("/en//double")]
    public void A_path_of_the_site_is_followed(string address) => Assert.Equal(address, LocalAddress.Of(address));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("compte")]
    [InlineData("https://ailleurs.example")]
    [InlineData("//ailleurs.example")]
    [InlineData("/\\ailleurs.example")]
    [InlineData("/compte\r\nSet-Cookie: a=b")]
    [InlineData("/\t/ailleurs.example")]
    [InlineData("/délégation")]
    public void All_else_is_not(string? address) => Assert.Null(LocalAddress.Of(address));

    [Fact]
    public void Nor_is_what_is_too_long()
    {
        Assert.NotNull(LocalAddress.Of("/" + new string('a', LocalAddress.MaxLength - 1)));
        Assert.Null(LocalAddress.Of("/" + new string('a', LocalAddress.MaxLength)));
    }
}
