"""What feelings, professions, sports and actions look like: the words by which an observation shows them."""

SIGNS = """
happy joyful cheerful delighted pleased satisfied: smile laugh grin beam clap cheer hug dance jump thumb raise twinkle
excited enthusiastic thrilled excitement: jump cheer clap shout raise wave beam bounce fist laugh wide shine
proud pride: chest grin medal chin beam trophy smile hold nod applause high shoulder
relieved relief: sigh shoulder breath exhale smile drop lean chest hand calm slump
grateful thankful: thank hug bow nod smile hand heart
sad unhappy upset disappointed grief disappointment: tear cry sob shoulder droop head lip tremble wipe down slump sigh
cry weep: tear sob eye cheek wipe lip tremble tissue handkerchief
angry furious annoyed anger frustrated irritated: fist frown shout slam stamp red
angry furious annoyed anger frustrated irritated: clench brow throw glare stomp yell scowl
scared afraid frightened fear terrified nervous: wide tremble scream hide back flee shake eye shriek recoil cling pale
nervous anxious worried stressed tense: bite nail pace fidget sweat tap frown
nervous anxious worried stressed tense: wring glance tremble swallow chew lip watch
surprised astonished amazed shocked surprise: mouth open wide eye gasp jaw brow raise hand drop stare start freeze
confused puzzled unsure undecided: scratch head frown shrug brow tilt turn hesitate stare around
bored boredom tired: yawn chin sigh drum head clock droop tap stare prop slump doodle phone eyelid
tired exhausted sleepy: yawn eye droop rub nod pant bend sweat slump head coffee lean lie
embarrassed ashamed shy: blush red down face hide cheek look ear cover hand
disgusted disgust: nose wrinkle push face tongue away grimace spit
calm relaxed peaceful: sit still lean breathe close slow hammock lie smile
critical skeptical negative sceptical disapproving: shake frown cross against stop arm
critical skeptical negative sceptical disapproving: wrong doubt complain protest thumb raise
positive supportive approving: nod smile thumb applaud clap cheer praise
neutral indifferent: plain read even blank expressionless shrug
serious strict formal: frown brow suit tie straight stern
friendly polite kind: smile wave hand greet shake nod
curious interested: lean look peer sniff touch ask closer examine
lonely alone: empty bench single corner alone
pain hurt injured injury: grimace limp clutch bandage wince hold knee blood moan plaster cast crutch ankle scratch
ill sick fever: thermometer bed cough tissue blanket forehead medicine sneeze pale nose
drunk: stagger bottle sway slur
hungry: stomach bowl eat food plate bite lick fridge
thirsty: drink water bottle gulp glass dry
doctor physician: stethoscope white coat patient chest hospital prescription pulse clinic pressure x-ray xray examine
nurse: uniform patient syringe bandage hospital bed pulse injection thermometer
surgeon: operate scalpel mask glove gown theatre table stitch
teacher professor lecturer: blackboard chalk class pupil student whiteboard lesson board desk homework write
firefighter fireman: hose helmet ladder flame truck smoke siren axe
police policeman officer: uniform badge siren patrol handcuffs whistle traffic cap arrest
soldier army military: uniform rifle helmet march camouflage tank salute
chef cook: apron pan hat kitchen stove knife ladle pot taste dish chop season
waiter waitress: tray menu order table guest apron plate notepad bill
pilot: cockpit plane cap instrument uniform stripe headset joystick runway captain
driver: wheel bus car seat taxi brake dashboard truck
farmer: tractor field cow hay plough barn boots straw milk
gardener: rake spade plant hedge flower lawn watering soil prune shears
carpenter joiner: saw wood plane hammer bench board nail chisel sawdust
plumber: pipe wrench sink leak tap toilet valve
electrician: wire cable socket fuse switch screwdriver voltage
mechanic: engine wrench car oil bonnet hood lift garage tyre overall
painter artist: brush canvas palette easel paint color roller ladder
photographer: camera lens tripod flash picture shutter
journalist reporter: microphone camera interview notepad news headline question
hairdresser barber: scissors hair comb mirror salon cut dryer chair cape razor
tailor seamstress dressmaker: needle thread cloth sew fabric measure tape scissors pin
fisherman: net rod boat fish hook line catch
baker: dough flour oven bread loaf knead
butcher: meat knife sausage apron cleaver
judge lawyer: robe court gavel law jury
scientist chemist: microscope tube laboratory flask goggles coat pipette beaker
astronaut: suit space helmet float rocket weightless
musician: instrument violin guitar piano concert play
singer sing: microphone mouth stage song choir voice note
dancer dance: step spin leap ballet stage shoes tutu music partner twirl
actor: stage costume script audience
athlete runner: track race shoe lap sprint finish
cashier: till checkout scan register money change customer
postman mail carrier: letter parcel mailbox bag envelope bicycle deliver
librarian: book shelf stamp desk
guard: uniform gate post watch patrol stand
referee umpire: whistle card black flag point
coach trainer: whistle board team shout clipboard bench
optician: eye glasses lens letter chart frame
veterinarian vet: dog cat animal examine paw stethoscope table
clown: nose red juggle wig makeup balloon
magician: wand hat card rabbit trick cape
soccer football: goal ball kick keeper pitch penalty dribble striker header goalkeeper cleats net
basketball: hoop dribble basket court ball dunk backboard rim net
tennis: racket net serve court ball baseline
badminton: shuttlecock racket net
volleyball: net serve spike smash forearm beach
baseball: bat pitcher base glove mound cap diamond batter home
cricket: wicket bat bowler stump
golf: club hole green flag tee putt swing caddie ball bunker
hockey: stick puck ice goal rink skate
boxing: glove ring punch rope bell
swimming swim: pool lane goggles cap dive lap stroke water swimsuit towel trunks suit jetty buoy
skiing ski: slope pole snow lift goggles
skating skate: rink ice blade spin
surfing surf: wave board wetsuit
cycling bicycle ride: pedal helmet saddle wheel handlebar lane bike brake
climbing climb: rope rock harness hold wall ladder up rung
running jog run: track shoe lap race sprint
gymnastics: beam bar mat somersault vault handstand
yoga meditate: mat pose breathe stretch balance
archery: bow arrow target
fencing: mask foil sword
rowing row: oar boat paddle crew
horse riding: saddle rein gallop horse stirrup
chess: board king queen pawn rook knight piece checkmate
bowling: pin lane ball strike
wrestling judo karate: mat throw belt kick pin
fishing fish: rod hook line bait net bite
sailing sail: mast boat wind rope harbor
hiking hike: trail boot backpack path mountain
sleep nap: bed eye close snore pillow dream curl blanket yawn
eat: fork mouth bite chew spoon plate swallow lick
drink: sip cup glass gulp straw swallow mouth
cook: pan stove stir pot heat boil fry oil
bake: oven dough flour tray cake whisk tin
wash clean: soap water foam sponge scrub rinse bucket mop wipe cloth brush
dish: plate sink sponge foam rinse cutlery
chop cut slice: knife board blade scissors piece saw
peel: skin knife strip
mix stir: spoon bowl whisk
coffee: cup bean espresso grinder filter machine mug milk foam
read: book page newspaper turn magazine
write: pen pencil paper notebook letter line ink
draw paint: brush pencil paper color stroke canvas crayon roller
sew knit: needle thread yarn stitch wool
iron: shirt board steam crease
vacuum: cleaner carpet dust hose suck
sweep: broom dust leaf dustpan
plant: seed soil pot dig hole water seedling spade bulb
water: can hose flower pour
dig: shovel spade hole soil earth
build construct assemble: block brick screw hammer nail part tower piece plank bolt
repair fix mend: tool screw wrench glue patch tyre screwdriver spare replace tighten
break broken: shatter shard crack piece burst smash split snap fall crumble
fall drop: slip trip land tumble slide ground lie floor collapse down tilt topple
throw: arm fly toss catch hurl ball lob
catch: hand ball glove hold
push: hand shoulder forward shove press
pull drag: rope tug tow handle
lift raise: up shoulder high hoist arm
kick: foot leg ball shoe
hit strike: bat hammer knock tap punch sweep swing touch bump against
jump leap: air land feet foot over hop
wave greet: hand arm hello smile
hug embrace: arm shoulder hold wrap
kiss: lip cheek mouth
shake: hand head
fight: punch kick fist push shout
chase follow: behind run after pursue flee
hide: behind under peek cover crouch closet
steal thief rob theft: pocket bag mask grab sneak flee wallet
escape flee: run away fence climb
open: handle lid key door unlock wide lift turn flap
close shut lock: lid key handle door bolt slam
leave depart exit: door away walk drive out bag goodbye
arrive enter: door come step in through
stop halt: brake still stand stay red shut end block
start begin: whistle push key button pistol
turn rotate: knob wheel circle round
wait: bench queue watch bus clock stand
search look: drawer under pocket bag around
give offer: hold hand out receive take pass
take grab: hand lift pick
buy pay purchase: money cash card counter cashier coin wallet till price
sell: customer stall price counter
phone call: ear receiver dial ring talk mobile screen
photograph: camera lens flash shutter click
teach learn lesson: show explain board practise pupil try
play: toy game ball laugh
win victory: trophy medal first cheer arm tape podium gold finish
lose defeat: head shoulder score last behind
measure: tape ruler scale
weigh: scale pan gram kilogram
tie knot: rope loop end tight lace bow pull shoelace
pack: suitcase bag fold zip clothes box
move: box van carry truck
exercise stretch: arm leg bend mat squat push-up
pray: knee hand head fold church
smoke: cigarette ash lighter pipe
shave: razor foam cheek beard
brush: teeth hair toothpaste
dress wear: put sleeve button zip shoe jacket
penalty foul: whistle spot box keeper referee kick
goal score: net ball cheer keeper
late delay: clock watch run miss hurry
forget miss: back empty without pocket return
speed drive fast: limit radar needle race overtake
light turn signal traffic: red green amber stop crossing
bow: bend waist head applause
lie lying: flat back floor bed ground stretch
sit: chair bench seat knee
kneel: knee ground
point: finger arm direction
clap applaud: hand audience
laugh: mouth head belly tear
back: return behind reverse shoulder spine
electric power failure outage: dark lamp candle light fuse flashlight
fail failure malfunction: stop error stuck warning red jam still attach
"""
