using System.Reflection;

namespace Fabrique.Tests;

public sealed class VocabularyTests
{
    [Fact]
    public void Every_property_has_its_list_of_codes()
    {
        var properties = typeof(Vocabulary)
            .GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(property => property.PropertyType == typeof(Vocabulary))
            .Select(property => ((Vocabulary)property.GetValue(null)!).Name);
        Assert.Empty(properties.Except(Vocabulary.Every.Select(list => list.Name)));
    }
}
