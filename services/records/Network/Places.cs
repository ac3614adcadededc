using Microsoft.EntityFrameworkCore;

namespace Fabrique.Records;

/// <summary>Where territories are, as far as their memberships and profiles have reached this service.</summary>
public sealed class Places<TDb>(IDbContextFactory<TDb> databases)
    where TDb : RecordsDb
{
    /// <summary>The territory; null for one that nothing tells.</summary>
    public async Task<TerritoryRow?> FindAsync(string territory, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Set<TerritoryRow>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == territory && row.Name != "", cancellation);
    }
}
