using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Storage;

/// <summary>Tables that the numbered scripts make.</summary>
public static class Tables
{
    private const string Scripted = "Fabrique:Scripted";

    /// <summary>
    /// A table of the scripts: the model does not create it, and its columns are the names of the properties in snake_case.
    /// </summary>
    public static EntityTypeBuilder<TRow> HasScripted<TRow>(this ModelBuilder model, string table)
        where TRow : class
    {
        var row = model.Entity<TRow>();
        row.ToTable(table, options => options.ExcludeFromMigrations()).HasAnnotation(Scripted, true);
        foreach (var property in typeof(TRow).GetProperties())
        {
            row.Property(property.Name).HasColumnName(SnakeCase(property.Name));
        }
        return row;
    }

    public static bool IsScripted(IReadOnlyTypeBase row) => row.FindAnnotation(Scripted) is not null;

    private static string SnakeCase(string name) =>
        string.Concat(
            name.Select(
                (letter, at) => at > 0 && char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"
            )
        );
}
