namespace Fabrique.Territories;

internal static class DirectoryHosting
{
    /// <summary>Opens the official directory, or builds it, before there is a service that could be asked.</summary>
    public static async Task AddDirectoryAsync(this WebApplicationBuilder builder)
    {
        using var logging = LoggerFactory.Create(log => log.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole());
        builder.Services.AddSingleton(
            await OfficialDirectory.OpenAsync(
                builder.Configuration["Data"] ?? "data",
                builder.Configuration.GetValue<bool>("Demo"),
                logging.CreateLogger<OfficialDirectory>(),
                CancellationToken.None
            )
        );
    }
}
