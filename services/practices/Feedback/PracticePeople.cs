using System.Text.RegularExpressions;
using Fabrique.Records.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>
/// What this service keeps of a person. Remarks and reports do not say who wrote them; a text in which somebody left an address is found
/// by it. Erased, the text stays with its territory, without the address.
/// </summary>
internal sealed class PracticePeople(IDbContextFactory<PracticesDb> databases) : PeopleService.PeopleServiceBase
{
    private const string Erased = "[…]";

    public override async Task<TellResponse> Tell(TellRequest request, ServerCallContext context)
    {
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var (reports, comments) = await FindAsync(db, request.Email, context.CancellationToken);
        return new TellResponse
        {
            Data =
            {
                reports.Select(report => Data(Purposes.Reports, report.Practice, report.Day, report.Text, report.Word)),
                comments.Select(comment =>
                    Data(
                        Purposes.Remarks,
                        comment.Practice,
                        $"{DateTimeOffset.FromUnixTimeMilliseconds(comment.Written):yyyy-MM-dd}",
                        comment.Text
                    )
                ),
            },
        };
    }

    public override async Task<EraseResponse> Erase(EraseRequest request, ServerCallContext context)
    {
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var (reports, comments) = await FindAsync(db, request.Email, context.CancellationToken);
        foreach (var report in reports)
        {
            (report.Text, report.Word) = (Without(request.Email, report.Text), Without(request.Email, report.Word));
        }
        foreach (var comment in comments)
        {
            comment.Text = Without(request.Email, comment.Text);
        }
        await db.SaveChangesAsync(context.CancellationToken);
        return new EraseResponse();
    }

    private static async Task<(List<ReportRow> Reports, List<CommentRow> Comments)> FindAsync(
        PracticesDb db,
        string email,
        CancellationToken cancellation
    )
    {
        if (email.Length == 0)
        {
            return ([], []);
        }
        // Letters of any case, in what both databases know; whether it is the whole of an address is looked at here.
        var part =
            $"%{email.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";
        var reports = await db
            .Reports.FromSql(
                $@"SELECT * FROM practice_reports WHERE lower(text) LIKE {part} ESCAPE '\' OR lower(word) LIKE {part} ESCAPE '\'"
            )
            .ToListAsync(cancellation);
        var comments = await db
            .Comments.FromSql($@"SELECT * FROM practice_comments WHERE lower(text) LIKE {part} ESCAPE '\'")
            .ToListAsync(cancellation);
        return (
            reports.FindAll(report => Address(email).IsMatch($"{report.Text}\n{report.Word}")),
            comments.FindAll(comment => Address(email).IsMatch(comment.Text))
        );
    }

    private static string Without(string email, string text) => Address(email).Replace(text, Erased);

    /// <summary>The address, but not as the end or the beginning of another.</summary>
    private static Regex Address(string email) =>
        new(
            $@"(?<![\w.+%-]){Regex.Escape(email)}(?![\w-]|\.\w)",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
            TimeSpan.FromSeconds(1)
        );

    private static PersonalData Data(Purpose purpose, string practice, string day, params string[] texts) =>
        new()
        {
            Purpose = purpose.Code,
            Content = new Struct
            {
                Fields =
                {
                    ["practice"] = Value.ForString(practice),
                    ["day"] = Value.ForString(day),
                    ["texts"] = Value.ForList([.. texts.Where(text => text.Length > 0).Select(Value.ForString)]),
                },
            },
        };
}
