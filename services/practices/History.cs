using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Core;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    public override async Task<ListPracticeVersionsResponse> ListPracticeVersions(
        ListPracticeVersionsRequest request,
        ServerCallContext context
    )
    {
        var latest = await ReadableAsync(request.Id, context);
        var size = Paging.Size(request.PageSize);
        var filter = new ListPracticeVersionsRequest { Id = request.Id };
        var position = Paging.Position<VersionPosition>(filter, request.PageToken);

        var earlier = await records.HistoryAsync<Practice>(
            request.Id,
            position?.Version ?? latest.Info.Version,
            size + 1,
            context.CancellationToken
        );
        var versions = earlier.Select(version => version.Info);
        var page = (position is null ? versions.Prepend(latest.Info) : versions).ToList();
        var response = new ListPracticeVersionsResponse { Versions = { page.Take(size).Select(version => version.Clone()) } };
        if (response.Versions.LastOrDefault() is { } oldest)
        {
            var before = await records.PublishedBeforeAsync<Practice>(request.Id, oldest.Version, context.CancellationToken);
            foreach (var (at, version) in response.Versions.Reverse().Index())
            {
                version.Publication = version.Visibility == Visibility.Public ? before + at + 1 : 0;
            }
        }
        if (page.Count > size)
        {
            response.NextPageToken = Paging.Token(filter, new VersionPosition(page[size - 1].Version));
        }
        return response;
    }

    private async Task<Versioned<Practice>> VersionAsync(Versioned<Practice> latest, long version, ServerCallContext context) =>
        version < latest.Info.Version
        && (await records.HistoryAsync<Practice>(latest.Body.Id, version + 1, 1, context.CancellationToken)).SingleOrDefault() is { } found
        && found.Info.Version == version
            ? found
            : throw Refusal.NotFound($"Cette version n’existe pas, ou n’a jamais été publiée.");

    private sealed record VersionPosition(long Version);
}
