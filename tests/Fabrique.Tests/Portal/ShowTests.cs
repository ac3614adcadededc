using Fabrique.Site;

namespace Fabrique.Tests;

public sealed class ShowTests
{
    [Theory]
    [InlineData("1999", "2009", "de 1999 à 2009")]
    [InlineData("2014-10", "2016", "d’octobre 2014 à 2016")]
    [InlineData("2014-10-07", "2015-05-01", "du 7 octobre 2014 au 1er mai 2015")]
    [InlineData("1999-03-29", "", "depuis le 29 mars 1999")]
    [InlineData("1984", "", "depuis 1984")]
    [InlineData("", "2012", "jusqu’en 2012")]
    [InlineData("", "2012-08-14", "jusqu’au 14 août 2012")]
    [InlineData("", "", "")]
    public void A_span_of_time_reads_as_one_says_it(string start, string end, string said) => Assert.Equal(said, Show.Span(start, end));

    [Theory]
    [
        InlineData("1999/2009", "de 1999 à 2009"),
        InlineData("2019", "2019"),
        InlineData("période non précisée par la source", "période non précisée par la source")
    ]
    public void A_period_is_a_span_or_its_own_words(string period, string said) => Assert.Equal(said, Show.Period(period));
}
