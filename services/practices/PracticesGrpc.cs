using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Grpc.Core;

namespace Fabrique.Practices;

/// <summary>The catalogue's contract. Each write is in the file that bears its name.</summary>
internal sealed partial class PracticesGrpc(
    RecordStore<PracticesDb> records,
    Writes<PracticesDb> writes,
    Places<PracticesDb> places,
    Queries queries,
    UnansweredSearches unanswered,
    Reports reports,
    Comments comments,
    Registry registry,
    TimeProvider clock
) : PracticeService.PracticeServiceBase
{
    // Several calls read one: what one may see does not depend on which.
    private const string ReadDrafts = "fabrique.practices.v1.PracticeService/GetPractice:drafts";
    private const string ReadReviews = "fabrique.practices.v1.PracticeService/GetPractice:review";

    public override Task<ListPracticesResponse> ListPractices(ListPracticesRequest request, ServerCallContext context)
    {
        DemandToList(request, context);
        return queries.ListAsync(request, context.CancellationToken);
    }

    public override async Task<GetPracticeResponse> GetPractice(GetPracticeRequest request, ServerCallContext context)
    {
        var found = await ReadableAsync(request.Id, context);
        if (request.Version != 0 && request.Version != found.Info.Version)
        {
            found = await VersionAsync(found, request.Version, context);
        }
        var practice = await ResourceAsync(found, context);
        if (practice.IsPublic)
        {
            practice.Record = practice.Record.Clone();
            practice.Record.Publication =
                1 + await records.PublishedBeforeAsync<Practice>(practice.Id, found.Info.Version, context.CancellationToken);
        }
        return new GetPracticeResponse { Practice = practice };
    }

    public override async Task<ListSimilarPracticesResponse> ListSimilarPractices(
        ListSimilarPracticesRequest request,
        ServerCallContext context
    )
    {
        var count = request.PageSize switch
        {
            0 => 3,
            > 0 and <= 20 => request.PageSize,
            _ => throw Refusal.Invalid("pageSize", $"Demandez de 1 à 20 pratiques."),
        };
        var found = await ReadableAsync(request.Id, context);
        return new ListSimilarPracticesResponse
        {
            Practices = { await queries.SimilarAsync(found.Body, count, context.CancellationToken) },
        };
    }

    public override Task<ListUnansweredSearchesResponse> ListUnansweredSearches(
        ListUnansweredSearchesRequest request,
        ServerCallContext context
    )
    {
        // Of the whole catalogue, and of nobody: it does not depend on what somebody follows.
        context.DemandAnywhere("");
        return unanswered.ListAsync(request.Days, context.CancellationToken);
    }

    /// <summary>What is published is anybody's to list, the rest is its territory's.</summary>
    private static void DemandToList(ListPracticesRequest request, ServerCallContext context)
    {
        if (request.Status == PracticeStatus.PeerReview)
        {
            context.DemandAnywhere("review");
        }
        else if (request.Status is not (PracticeStatus.Unspecified or PracticeStatus.Published or PracticeStatus.Archived))
        {
            if (request.Territory.Length == 0)
            {
                throw Refusal.Invalid("territory", $"Indiquez le territoire dont vous voulez voir les brouillons.");
            }
            context.Demand(request.Territory, "drafts");
        }
    }

    /// <summary>The practice, for whoever may read it.</summary>
    private async Task<Versioned<Practice>> ReadableAsync(string id, ServerCallContext context) =>
        await records.FindAsync<Practice>(id, context.CancellationToken) is { } found && MayRead(found, context)
            ? found
            : throw Kinds.Practice.Missing();

    private static bool MayRead(Versioned<Practice> found, ServerCallContext context) =>
        found.Info.Visibility == Visibility.Public
        || (found.Info.Visibility == Visibility.Network && context.Caller().Allows(ReadReviews))
        || context.Caller().Allows(ReadDrafts, found.Body.Territory);

    private async Task<Practice> AnswerAsync(Task<Versioned<Practice>> write, ServerCallContext context) =>
        await ResourceAsync(await write, context);

    private async Task<Practice> ResourceAsync(Versioned<Practice> stored, ServerCallContext context)
    {
        var practice = stored.Body.Clone();
        practice.Record = stored.Info;
        practice.Place = await places.FindAsync(practice.Territory, context.CancellationToken) is { } place
            ? new Place
            {
                Name = place.Name,
                Department = place.Department,
                Region = place.Region,
                LeftOn = place.LeftOn,
            }
            : null;
        return practice;
    }

    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
}
