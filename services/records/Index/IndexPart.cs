using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Fabrique.Records;

/// <summary>
/// Some tables of a service's index, and how they are derived from records. A changed table has the whole index built again by itself;
/// changed contents do when <see cref="Number"/> changes.
/// </summary>
public abstract class IndexPart
{
    /// <summary>Raise it when the same records are to give other rows.</summary>
    public abstract int Number { get; }

    /// <summary>Names of the kinds that it derives from.</summary>
    public abstract IReadOnlyList<string> Kinds { get; }

    /// <summary>Adds its tables to the model of the database.</summary>
    public abstract void Configure(ModelBuilder model);

    /// <summary>Creates what the model cannot say, such as full-text tables.</summary>
    public virtual Task CreateAsync(RecordsDb db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Brings its rows up to date with one record, inside its transaction; they are saved by the caller.</summary>
    /// <param name="body">Null for a tombstone.</param>
    /// <param name="isNew">No earlier version can be in the index: there is nothing to remove.</param>
    public abstract Task ApplyAsync(RecordsDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation);
}

/// <summary>A part that is derived from one kind.</summary>
public abstract class IndexPart<TDb, TBody> : IndexPart
    where TDb : RecordsDb
    where TBody : class, IMessage<TBody>, new()
{
    public sealed override IReadOnlyList<string> Kinds { get; } = [RecordKind.NameOf<TBody>()];

    public sealed override Task CreateAsync(RecordsDb db, CancellationToken cancellation) => CreateAsync((TDb)db, cancellation);

    public sealed override Task ApplyAsync(RecordsDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation) =>
        ApplyAsync((TDb)db, record, (TBody?)body, isNew, cancellation);

    /// <inheritdoc cref="IndexPart.CreateAsync"/>
    protected virtual Task CreateAsync(TDb db, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc cref="IndexPart.ApplyAsync"/>
    protected abstract Task ApplyAsync(TDb db, Record record, TBody? body, bool isNew, CancellationToken cancellation);
}

/// <summary>The usual part: of each record of a kind one row, whose key is the identifier of the record, or none.</summary>
public abstract class RowPart<TDb, TBody, TRow> : IndexPart<TDb, TBody>
    where TDb : RecordsDb
    where TBody : class, IMessage<TBody>, new()
    where TRow : class
{
    public sealed override void Configure(ModelBuilder model) => Configure(model.Entity<TRow>());

    /// <summary>The table, its key and its indexes.</summary>
    protected abstract void Configure(EntityTypeBuilder<TRow> row);

    /// <summary>The row of a record; null for one that is not listed.</summary>
    protected abstract TRow? Row(Record record, TBody body);

    protected sealed override async Task ApplyAsync(TDb db, Record record, TBody? body, bool isNew, CancellationToken cancellation)
    {
        if (!isNew)
        {
            var key = db.Model.FindEntityType(typeof(TRow))!.FindPrimaryKey()!.Properties[0].Name;
            await db.Set<TRow>().Where(row => EF.Property<string>(row, key) == record.Id).ExecuteDeleteAsync(cancellation);
        }
        if (body is not null && Row(record, body) is { } added)
        {
            db.Add(added);
        }
    }
}
