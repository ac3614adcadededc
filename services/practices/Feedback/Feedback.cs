using Fabrique.Practices.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Practices;

internal sealed partial class PracticesGrpc
{
    private const int LongestReport = 1_000;
    private const int LongestWord = 300;
    private const int LongestComment = 2_000;

    public override async Task<CommentPracticeResponse> CommentPractice(CommentPracticeRequest request, ServerCallContext context)
    {
        context.Demand(request.Territory);
        var practice = await ReadableAsync(request.Id, context);
        if (practice.Body.Status != PracticeStatus.PeerReview)
        {
            throw new Refusal(StatusCode.FailedPrecondition, "NOT_IN_REVIEW", $"Cette pratique n’est pas en relecture.");
        }
        DemandHome(practice.Info.Home);
        var text = Said("text", request.Text, LongestComment);
        return new CommentPracticeResponse
        {
            Comment = await comments.AddAsync(
                writes.Identifier(request.RequestId),
                practice.Body.Id,
                request.Territory,
                text,
                practice.Body.Remarked(Actor(context)),
                context.CancellationToken
            ),
        };
    }

    public override async Task<ListPracticeCommentsResponse> ListPracticeComments(
        ListPracticeCommentsRequest request,
        ServerCallContext context
    )
    {
        var practice = await ReadableAsync(request.Id, context);
        return new ListPracticeCommentsResponse { Comments = { await comments.ListAsync(practice.Body.Id, context.CancellationToken) } };
    }

    public override async Task<ReportPracticeResponse> ReportPractice(ReportPracticeRequest request, ServerCallContext context)
    {
        var practice = await ReadableAsync(request.Id, context);
        DemandHome(practice.Info.Home);
        Refuse([
            .. Rule("kind", request.Kind == ReportKind.Unspecified || !Enum.IsDefined(request.Kind), $"Dites ce qui ne va pas."),
            .. Rule("id", !practice.Body.IsPublic, $"Seule une pratique publiée se signale."),
        ]);
        await reports.AddAsync(
            new ReportRow
            {
                Id = writes.Identifier(request.RequestId),
                Practice = practice.Body.Id,
                Territory = practice.Body.Territory,
                Kind = request.Kind,
                Text = Said("text", request.Text, LongestReport),
            },
            practice.Body.Reported(Actor(context)),
            context.CancellationToken
        );
        return new ReportPracticeResponse();
    }

    public override async Task<ListPracticeReportsResponse> ListPracticeReports(
        ListPracticeReportsRequest request,
        ServerCallContext context
    )
    {
        context.Demand(request.Territory);
        return new ListPracticeReportsResponse { Reports = { await reports.ListAsync(request.Territory, context.CancellationToken) } };
    }

    public override async Task<ClosePracticeReportResponse> ClosePracticeReport(
        ClosePracticeReportRequest request,
        ServerCallContext context
    )
    {
        var report = await reports.FindAsync(request.Id, context.CancellationToken)
            ?? throw Refusal.NotFound($"Ce signalement n’existe pas, ou a été effacé.");
        context.Demand(report.Territory);
        return new ClosePracticeReportResponse
        {
            Report = await reports.CloseAsync(report, Said("word", request.Word, LongestWord), context.CancellationToken),
        };
    }

    private static string Actor(ServerCallContext context) => context.Caller().FindFirst("sub")?.Value ?? "";

    private static string Said(string field, string text, int longest)
    {
        Refuse([
            .. Rule(field, text.Length == 0, $"Écrivez quelques mots."),
            .. Rule(field, text.Length > longest, $"C’est trop long : {longest} caractères au plus."),
        ]);
        return text;
    }

    private void DemandHome(string home)
    {
        if (home != registry.Node)
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "NOT_HOME",
                $"Cette pratique est tenue par un autre site du réseau : écrivez à son territoire sur son propre site."
            );
        }
    }
}
